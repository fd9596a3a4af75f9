// ServiceAccount tokens as JWTs: making and reading them (upstream pkg/serviceaccount/{claims,jwt}.go, v1.36).
import type { JWK_EC_Public, JWTPayload } from 'jose';
import type { Clock } from '../../machinery/clock.ts';
import { type Random, uuid } from '../../machinery/random.ts';
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

const algorithm = 'ES256';
/** Verified tokens that are remembered: a component sends the same one with every request. */
const remembered = 4_096;

/** Loaded when the first token is asked for, signed or verified. */
const loadJwt = async () => {
  const [{ SignJWT }, { jwtVerify }, { decodeJwt }] = await Promise.all([
    import('jose/jwt/sign'),
    import('jose/jwt/verify'),
    import('jose/jwt/decode'),
  ]);
  return { SignJWT, jwtVerify, decodeJwt };
};

/** The key's id is its thumbprint (RFC 7638). */
async function loadKey(pem: string) {
  const [{ exportJWK }, { importJWK }, { calculateJwkThumbprint }] = await Promise.all([
    import('jose/key/export'),
    import('jose/key/import'),
    import('jose/jwk/thumbprint'),
  ]);
  const privateKey = await importKey(pem);
  const { kty, crv, x, y } = (await exportJWK(privateKey)) as JWK_EC_Public;
  const publicJwk = { kty, crv, x, y };
  const [verifier, kid] = await Promise.all([
    importJWK(publicJwk, algorithm),
    calculateJwkThumbprint(publicJwk),
  ]);
  return { privateKey, verifier, jwk: { use: 'sig', alg: algorithm, kid, ...publicJwk } };
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, clock, random } = options;
  const audiences = options.audiences ?? [issuer];
  let loading: ReturnType<typeof loadKey> | undefined;
  const key = () => (loading ??= loadKey(options.key));
  const verified = new Map<string, TokenClaims>();

  return {
    issuer,
    audiences,
    async issue(claims, forAudiences, seconds) {
      const [{ SignJWT }, { privateKey, jwk }] = await Promise.all([loadJwt(), key()]);
      const now = Math.floor(clock.now() / 1000);
      const { namespace, serviceaccount } = claims;
      return new SignJWT({ 'kubernetes.io': claims } as unknown as JWTPayload)
        .setProtectedHeader({ alg: algorithm, kid: jwk.kid })
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
      const [{ jwtVerify, decodeJwt }, { verifier }] = await Promise.all([loadJwt(), key()]);
      const currentDate = new Date(clock.now());
      try {
        // Others' tokens are told apart before the costly part.
        if (decodeJwt(token).iss !== issuer) return undefined;
        const { payload } = await jwtVerify(token, verifier, {
          issuer,
          algorithms: [algorithm],
          currentDate,
        });
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
      return { keys: [(await key()).jwk] };
    },
  };
}

/** The answer of `/.well-known/openid-configuration`; `jwksUri` is absolute. */
export const openIdConfiguration = (issuer: string, jwksUri: string): Record<string, unknown> => ({
  issuer,
  jwks_uri: jwksUri,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [algorithm],
});
