// A cluster's keys and certificates: made at the first start, kept in files, re-made before they expire.
import type { Clock } from '../../machinery/clock.ts';
import { equal } from '../../machinery/equality.ts';
import type { Random } from '../../machinery/random.ts';
import { type Authority, createCertificate, type Subject } from './certificate.ts';
import { generateKey, importKey } from './keys.ts';

/** Where the files lie; names are plain (`ca.key`). Keys must be readable by their owner only. */
export interface PkiFiles {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
}

export interface KeyPair {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface ServingNames {
  dnsNames: readonly string[];
  addresses: readonly string[];
}

export interface Pki {
  /** PEM of the CA's certificate: clients and servers are verified against it. */
  readonly caCertificate: string;
  /** Signs ServiceAccount tokens. PEM, PKCS #8. */
  readonly serviceAccountKey: string;
  /** `name` is the files' name. Kept as long as `names` stay and it is far from its end. */
  serving(name: string, names: ServingNames): Promise<KeyPair>;
  /** A client certificate: `groups` are its organizations. */
  client(name: string, user: string, groups: readonly string[]): Promise<KeyPair>;
}

export interface PkiOptions {
  clock: Clock;
  random: Random;
  /** Of all but the CA, which has ten years. Default 365. */
  validityDays?: number;
}

const day = 24 * 60 * 60 * 1000;
const caValidity = 10 * 365 * day;
/** A certificate is re-made when less than this part of its life is left. */
const renewAt = 1 / 4;
const index = 'pki.json';
const ca: Subject = { commonName: 'kubernetes' };

/** What a certificate was made of: tells without parsing whether it still fits. */
interface Made {
  notBefore: number;
  notAfter: number;
  what: unknown;
}

/** The names under which Pods and users reach the API server. `serviceAddress` is the first of the service range. */
export const apiServerNames = (
  serviceAddresses: readonly string[],
  extra: Partial<ServingNames> = {},
  clusterDomain = 'cluster.local',
): ServingNames => ({
  dnsNames: [
    ...new Set([
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${clusterDomain}`,
      ...(extra.dnsNames ?? []),
    ]),
  ],
  addresses: [...new Set(['127.0.0.1', '::1', ...serviceAddresses, ...(extra.addresses ?? [])])],
});

/** Reads what there is and makes what is missing. Making one throws if the CA's key cannot be read. */
export async function createPki(files: PkiFiles, options: PkiOptions): Promise<Pki> {
  const { clock, random, validityDays = 365 } = options;
  const made = JSON.parse((await files.read(index)) ?? '{}') as Record<string, Made>;
  let saving: Promise<void> = Promise.resolve();
  const remember = async (name: string, entry: Made): Promise<void> => {
    made[name] = entry;
    saving = saving.then(() => files.write(index, JSON.stringify(made, null, 2)));
    await saving;
  };
  const fits = (name: string, what: unknown): boolean => {
    const entry = made[name];
    if (!entry || !equal(entry.what, what)) return false;
    return clock.now() < entry.notAfter - (entry.notAfter - entry.notBefore) * renewAt;
  };

  const openCa = async (): Promise<{ certificate: string; sign(): Promise<Authority> }> => {
    const [certificate, pem] = await Promise.all([files.read('ca.crt'), files.read('ca.key')]);
    if (certificate && pem) {
      return { certificate, sign: async () => ({ certificate, privateKey: await importKey(pem) }) };
    }
    const { privateKey, publicKey, pem: key } = await generateKey();
    const notBefore = clock.now() - 60 * 60 * 1000;
    const fresh = await createCertificate({
      subject: ca,
      publicKey,
      issuer: privateKey,
      serial: random.bytes(16),
      notBefore,
      notAfter: notBefore + caValidity,
      usage: 'ca',
    });
    // Certificates of a former CA are worth nothing now.
    for (const name of Object.keys(made)) delete made[name];
    await Promise.all([files.write('ca.crt', fresh), files.write('ca.key', key)]);
    return { certificate: fresh, sign: async () => ({ certificate: fresh, privateKey }) };
  };

  const openServiceAccountKey = async (): Promise<string> => {
    const existing = await files.read('sa.key');
    if (existing) return existing;
    const { exportSPKI } = await import('jose/key/export');
    const { publicKey, pem } = await generateKey();
    const spki = `${await exportSPKI(publicKey)}\n`;
    await Promise.all([files.write('sa.key', pem), files.write('sa.pub', spki)]);
    return pem;
  };

  const [authority, serviceAccountKey] = await Promise.all([openCa(), openServiceAccountKey()]);

  const issue = async (
    name: string,
    usage: 'server' | 'client',
    subject: Subject,
    names: ServingNames = { dnsNames: [], addresses: [] },
  ): Promise<KeyPair> => {
    const what = { usage, subject, names };
    const [certificate, key] = await Promise.all([files.read(`${name}.crt`), files.read(`${name}.key`)]);
    if (certificate && key && fits(name, what)) return { certificate, key };
    const pair = await generateKey();
    const notBefore = clock.now() - 60 * 60 * 1000;
    const notAfter = notBefore + validityDays * day;
    const fresh = await createCertificate({
      subject,
      publicKey: pair.publicKey,
      issuer: await authority.sign(),
      serial: random.bytes(16),
      notBefore,
      notAfter,
      usage,
      ...names,
    });
    await Promise.all([files.write(`${name}.crt`, fresh), files.write(`${name}.key`, pair.pem)]);
    await remember(name, { notBefore, notAfter, what });
    return { certificate: fresh, key: pair.pem };
  };

  return {
    caCertificate: authority.certificate,
    serviceAccountKey,
    serving: (name, names) =>
      issue(name, 'server', { commonName: names.dnsNames[0] ?? names.addresses[0] ?? name }, names),
    client: (name, user, groups) => issue(name, 'client', { commonName: user, organizations: groups }),
  };
}
