import { createCertificate } from '../../apiserver/pki/certificate.ts';
import { generateKey, type SigningKey } from '../../apiserver/pki/keys.ts';

export interface TestCertificates {
  ca: string;
  server: { cert: string; key: string };
  /** Of the group system:masters. */
  admin: { cert: string; key: string };
  /** Of nobody in particular. */
  stranger: { cert: string; key: string };
}

/** A certificate authority for one test, valid for a day. */
export async function testCertificates(): Promise<TestCertificates> {
  const issuer = { commonName: 'test-ca' };
  const authority = await generateKey();
  const now = Date.now();
  let serial = 1;
  const issue = async (
    subject: { commonName: string; organizations?: string[] },
    usage: 'ca' | 'server' | 'client',
    key: SigningKey,
  ): Promise<string> =>
    createCertificate({
      subject,
      issuer,
      publicKey: key.publicKey,
      issuerPublicKey: authority.publicKey,
      issuerKey: authority.privateKey,
      serial: Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? serial++ : 1)),
      notBefore: now - 60_000,
      notAfter: now + 86_400_000,
      usage,
      ...(usage === 'server' ? { dnsNames: ['localhost'], addresses: ['127.0.0.1'] } : {}),
    });
  const pair = async (
    subject: { commonName: string; organizations?: string[] },
    usage: 'server' | 'client',
  ) => {
    const key = await generateKey();
    return { cert: await issue(subject, usage, key), key: key.pem };
  };
  return {
    ca: await issue(issuer, 'ca', authority),
    server: await pair({ commonName: 'node-1' }, 'server'),
    admin: await pair({ commonName: 'admin', organizations: ['system:masters'] }, 'client'),
    stranger: await pair({ commonName: 'stranger' }, 'client'),
  };
}
