// ServiceAccount tokens as JWTs: making and reading them (upstream pkg/serviceaccount/{claims,jwt}.go, v1.36).
import type { JWTPayload } from 'jose';
import type { Clock } from '../../machinery/clock.ts';
import { type Random, uuid } from '../../machinery/random.ts';
import { fromPem, toBase64 } from '../pki/der.ts';
import { importKey } from '../pki/keys.ts';

export interface BoundObject {
  name: string;
  uid: string;
}

export interface PrivateClaims {
  namespace: string;
  serviceaccount: BoundObject;
  pod?: BoundObject;
  node?: BoundObject;
  secret?: BoundObject;
  /** Seconds: from then on the token's use is worth a warning, though it is valid. */
  warnafter?: number;
}

export interface TokenClaims {
  sub: string;
  aud: string[];
  exp: number;
  jti: string;
  'kubernetes.io': PrivateClaims;
}

export interface TokenIssuer {
  readonly issuer: string;
  /** Who tokens are for when nobody says otherwise: the API server. */
  readonly audiences: readonly string[];
  issue(claims: PrivateClaims, audiences: readonly string[], seconds: number): Promise<string>;
  /** The claims of a token that this cluster has signed and that is in its time; undefined otherwise. */
  verify(token: string): Promise<TokenClaims | undefined>;
  /** The public key, for `/openid/v1/jwks`. */
  jwks(): Promise<{ keys: Record<string, unknown>[] }>;
}

export interface TokenIssuerOptions {
  /** PEM, PKCS #8, P-256. */
  key: string;
  issuer: string;
  audiences?: readonly string[];
  clock: Clock;
  random: Random;
}

/** Verified tokens that are remembered: a component sends the same one with every request. */
const remembered = 4_096;

const base64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function loadKey(pem: string) {
  const { privateKey, publicKey } = await importKey(pem);
  const id = base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey)));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const verifier = await crypto.subtle.importKey('spki', publicKey, algorithm, true, ['verify']);
  return { privateKey, verifier, id };
}

function issuerOf(token: string): unknown {
  try {
    const part = token.split('.')[1] ?? '';
    return (JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as { iss?: unknown }).iss;
  } catch {
    return undefined;
  }
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, clock, random } = options;
  const audiences = options.audiences ?? [issuer];
  fromPem(options.key);
  let loading: ReturnType<typeof loadKey> | undefined;
  const key = () => (loading ??= loadKey(options.key));
  const verified = new Map<string, TokenClaims>();

  return {
    issuer,
    audiences,
    async issue(claims, forAudiences, seconds) {
      const { SignJWT } = await import('jose/jwt/sign');
      const { privateKey, id } = await key();
      const now = Math.floor(clock.now() / 1000);
      const { namespace, serviceaccount } = claims;
      return new SignJWT({ 'kubernetes.io': claims } as unknown as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', kid: id })
        .setAudience([...forAudiences])
        .setExpirationTime(now + seconds)
        .setIssuedAt(now)
        .setIssuer(issuer)
        .setJti(uuid(random))
        .setNotBefore(now)
        .setSubject(`system:serviceaccount:${namespace}:${serviceaccount.name}`)
        .sign(privateKey);
    },
    async verify(token) {
      const known = verified.get(token);
      if (known) return known.exp * 1000 > clock.now() ? known : undefined;
      if (issuerOf(token) !== issuer) return undefined;
      const { jwtVerify } = await import('jose/jwt/verify');
      const { verifier } = await key();
      const currentDate = new Date(clock.now());
      try {
        const { payload } = await jwtVerify(token, verifier, { issuer, algorithms: ['ES256'], currentDate });
        const aud = [payload.aud ?? []].flat();
        const claims = { ...payload, aud } as unknown as TokenClaims;
        if (!claims['kubernetes.io']?.serviceaccount?.name || !claims.sub) return undefined;
        if (verified.size >= remembered) verified.delete(verified.keys().next().value!);
        verified.set(token, claims);
        return claims;
      } catch {
        return undefined;
      }
    },
    async jwks() {
      const { verifier, id } = await key();
      const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', verifier);
      return { keys: [{ use: 'sig', kty, kid: id, crv, alg: 'ES256', x, y }] };
    },
  };
}

/** The answer of `/.well-known/openid-configuration`; `jwksUri` is absolute. */
export const openIdConfiguration = (issuer: string, jwksUri: string): Record<string, unknown> => ({
  issuer,
  jwks_uri: jwksUri,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
});
