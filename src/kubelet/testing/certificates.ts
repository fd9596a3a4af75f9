import { memoryPkiFiles } from '../../apiserver/pki/memory-files.ts';
import { createPki, type KeyPair } from '../../apiserver/pki/pki.ts';
import { realClock } from '../../platform/clock.ts';
import { realRandom } from '../../platform/random.ts';

export interface TestCertificates {
  ca: string;
  server: { cert: string; key: string };
  /** Of the group system:masters. */
  admin: { cert: string; key: string };
  /** Of nobody in particular. */
  stranger: { cert: string; key: string };
}

/** A certificate authority for one test. */
export async function testCertificates(): Promise<TestCertificates> {
  const pki = await createPki(memoryPkiFiles(), { clock: realClock, random: realRandom });
  const pair = ({ certificate, key }: KeyPair) => ({ cert: certificate, key });
  return {
    ca: pki.caCertificate,
    server: pair(await pki.serving('server', { dnsNames: ['localhost'], addresses: ['127.0.0.1'] })),
    admin: pair(await pki.client('admin', 'admin', ['system:masters'])),
    stranger: pair(await pki.client('stranger', 'stranger', [])),
  };
}
