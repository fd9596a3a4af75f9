// A self-signed certificate for tests of HTTP over TLS.
import { createCertificate } from '../apiserver/pki/certificate.ts';
import { generateKey } from '../apiserver/pki/keys.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';

/** For 127.0.0.1, good for a day, and its own authority. */
export async function selfSigned(): Promise<{ cert: string; key: string }> {
  const { publicKey, privateKey, pem } = await generateKey();
  const now = realClock.now();
  const cert = await createCertificate({
    subject: { commonName: 'test' },
    publicKey,
    issuer: privateKey,
    serial: realRandom.bytes(16),
    notBefore: now - 60_000,
    notAfter: now + 86_400_000,
    usage: 'ca',
    addresses: ['127.0.0.1'],
  });
  return { cert, key: pem };
}
