// X.509 certificates (RFC 5280) with ECDSA keys.
import {
  ascii,
  bits,
  boolean,
  concat,
  type Der,
  integer,
  objectId,
  octets,
  sequence,
  set,
  tagged,
  time,
  toPem,
  utf8,
} from './der.ts';
import { addressBytes } from './ip-bytes.ts';
import { signDer } from './keys.ts';

export interface Subject {
  commonName: string;
  organizations?: readonly string[];
}

export interface CertificateRequest {
  subject: Subject;
  issuer: Subject;
  /** SubjectPublicKeyInfo of the subject. */
  publicKey: Uint8Array<ArrayBuffer>;
  issuerPublicKey: Uint8Array<ArrayBuffer>;
  issuerKey: CryptoKey;
  /** 16 random bytes. */
  serial: Uint8Array;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  usage: 'ca' | 'server' | 'client';
  dnsNames?: readonly string[];
  addresses?: readonly string[];
}

const ids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedUsage: '2.5.29.37',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
};

const attribute = (id: string, value: string): Der => sequence(objectId(id), utf8(value));
const nameOf = ({ commonName, organizations = [] }: Subject): Der =>
  sequence(
    ...(organizations.length > 0 ? [set(organizations.map(each => attribute(ids.organization, each)))] : []),
    set([attribute(ids.commonName, commonName)]),
  );

const extension = (id: string, content: Der, critical = false): Der =>
  sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(content));

/** RFC 7093's first method: the first 160 bits of the hash of the public key. */
const keyIdOf = async (publicKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey)).subarray(0, 20);

async function extensionsOf(request: CertificateRequest): Promise<Der> {
  const { usage, dnsNames = [], addresses = [] } = request;
  const ca = usage === 'ca';
  const names = [
    ...dnsNames.map(name => ascii(0x82, name)),
    ...addresses.map(address => tagged(0x87, addressBytes(address))),
  ];
  const list = [
    // digitalSignature; for a CA also keyCertSign and cRLSign.
    extension(ids.keyUsage, ca ? bits(Uint8Array.of(0x86), 1) : bits(Uint8Array.of(0x80), 7), true),
    extension(ids.basicConstraints, ca ? sequence(boolean(true)) : sequence(), true),
    ...(ca ? [] : [extension(ids.extendedUsage, sequence(objectId(ids[usage])))]),
    extension(ids.subjectKey, octets(await keyIdOf(request.publicKey))),
    extension(ids.authorityKey, sequence(tagged(0x80, await keyIdOf(request.issuerPublicKey)))),
    ...(names.length > 0 ? [extension(ids.alternativeNames, sequence(...names))] : []),
  ];
  return tagged(0xa3, sequence(...list));
}

/** A signed certificate as PEM. */
export async function createCertificate(request: CertificateRequest): Promise<string> {
  const algorithm = sequence(objectId(ids.ecdsaWithSha256));
  const serial = concat([Uint8Array.of(request.serial[0]! & 0x7f || 1), request.serial.subarray(1)]);
  const body = sequence(
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    nameOf(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    request.publicKey,
    await extensionsOf(request),
  );
  const signature = await signDer(request.issuerKey, body);
  return toPem('CERTIFICATE', sequence(body, algorithm, bits(signature)));
}
