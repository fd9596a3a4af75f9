// Keys and certificates of simulated clusters: one authority for all clusters of a process, made when first needed.
import { generateKey } from '../apiserver/pki/keys.ts';
import { memoryPkiFiles } from '../apiserver/pki/memory-files.ts';
import { apiServerNames, createPki, type KeyPair, type Pki } from '../apiserver/pki/pki.ts';
import { wellKnownAddresses } from '../apiserver/stages.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';

/** What a cluster has in place of its authority's certificate before there is one: nobody has a connection to verify by it. */
export const noAuthority = '# made when the kubeconfig is asked for\n';

let tokenKey: Promise<string> | undefined;

/** Signs the tokens of all clusters of this process. PEM. */
export const serviceAccountKey = (): Promise<string> => (tokenKey ??= generateKey().then(({ pem }) => pem));

let pki: Promise<Pki> | undefined;

export interface AdminAccess {
  ca: string;
  serving: KeyPair;
  admin: KeyPair;
}

/** What a server on loopback and its administrator need. Their times are the real clock's, as their users are of the real world. */
export async function adminAccess(): Promise<AdminAccess> {
  pki ??= createPki(memoryPkiFiles(), { clock: realClock, random: realRandom });
  const authority = await pki;
  const [serving, admin] = await Promise.all([
    authority.serving('apiserver', apiServerNames([wellKnownAddresses().kubernetes])),
    authority.client('admin', 'kubernetes-admin', ['system:masters']),
  ]);
  return { ca: authority.caCertificate, serving, admin };
}
