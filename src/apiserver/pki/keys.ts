/** An ECDSA key on P-256. */
export interface SigningKey {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  /** The private key as PKCS #8. */
  pem: string;
}

export async function generateKey(): Promise<SigningKey> {
  const { exportPKCS8 } = await import('jose/key/export');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return { privateKey, publicKey, pem: `${await exportPKCS8(privateKey)}\n` };
}

/** The private key of a PEM. Throws for what is no P-256 key in PKCS #8. */
export async function importKey(pem: string): Promise<CryptoKey> {
  const { importPKCS8 } = await import('jose/key/import');
  return importPKCS8(pem, 'ES256', { extractable: true });
}
