import { concat, fromPem, integer, sequence, toPem } from './der.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export interface SigningKey {
  privateKey: CryptoKey;
  /** SubjectPublicKeyInfo. */
  publicKey: Uint8Array<ArrayBuffer>;
  /** PKCS #8. */
  pem: string;
}

/** A new ECDSA key on P-256. */
export async function generateKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [pkcs8, spki] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', pair.privateKey),
    crypto.subtle.exportKey('spki', pair.publicKey),
  ]);
  return {
    privateKey: pair.privateKey,
    publicKey: new Uint8Array(spki),
    pem: toPem('PRIVATE KEY', new Uint8Array(pkcs8)),
  };
}

/** Throws for what is no P-256 key in PKCS #8. */
export async function importKey(pem: string): Promise<SigningKey> {
  const privateKey = await crypto.subtle.importKey('pkcs8', fromPem(pem), algorithm, true, ['sign']);
  const { d: _, key_ops: __, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify']);
  return { privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)), pem };
}

/** An ECDSA signature with SHA-256, as DER. */
export async function signDer(key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
  const raw = new Uint8Array(
    await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      key,
      concat([data]) as Uint8Array<ArrayBuffer>,
    ),
  );
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}
