// Keys and certificates of simulated clusters: one authority for all clusters of a process, made when first needed.
import { apiServerNames, createPki, type KeyPair, type Pki, type PkiFiles } from '../apiserver/pki/pki.ts';
import { wellKnownAddresses } from '../apiserver/stages.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';

function memoryFiles(): PkiFiles {
  const files = new Map<string, string>();
  return {
    read: async name => files.get(name),
    write: async (name, text) => void files.set(name, text),
  };
}

let pki: Promise<Pki> | undefined;

/** Certificates are for clients of the real world, so their times are the real clock's. */
export const processPki = (): Promise<Pki> =>
  (pki ??= createPki(memoryFiles(), { clock: realClock, random: realRandom }));

export interface AdminAccess {
  ca: string;
  serving: KeyPair;
  admin: KeyPair;
}

/** What a server on loopback and its administrator need. */
export async function adminAccess(): Promise<AdminAccess> {
  const authority = await processPki();
  const [serving, admin] = await Promise.all([
    authority.serving('apiserver', apiServerNames([wellKnownAddresses().kubernetes])),
    authority.client('admin', 'kubernetes-admin', ['system:masters']),
  ]);
  return { ca: authority.caCertificate, serving, admin };
}
