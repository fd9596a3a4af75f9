// X.509 certificates (RFC 5280) with ECDSA keys.
import { loadX509 } from './x509.ts';

export interface Subject {
  commonName: string;
  organizations?: readonly string[];
}

export interface Authority {
  /** PEM. */
  certificate: string;
  privateKey: CryptoKey;
}

export interface CertificateRequest {
  subject: Subject;
  publicKey: CryptoKey;
  /** Who signs: an authority, or the subject itself by its private key. */
  issuer: Authority | CryptoKey;
  /** At most 20 random bytes. */
  serial: Uint8Array;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  usage: 'ca' | 'server' | 'client';
  dnsNames?: readonly string[];
  addresses?: readonly string[];
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

/** A signed certificate as PEM. */
export async function createCertificate(request: CertificateRequest): Promise<string> {
  const x509 = await loadX509();
  const { subject, publicKey, issuer, usage, dnsNames = [], addresses = [] } = request;
  const authority = 'certificate' in issuer ? new x509.X509Certificate(issuer.certificate) : undefined;
  // As objects: plain strings would be read for escapes. One part for each organization, so that their order is no matter.
  const name = new x509.Name([
    ...(subject.organizations ?? []).map(each => ({ O: [{ utf8String: each }] })),
    { CN: [{ utf8String: subject.commonName }] },
  ]);
  const flags = x509.KeyUsageFlags;
  const ca = usage === 'ca';
  const authorityKeyId = authority?.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const names = [
    ...dnsNames.map(value => ({ type: 'dns' as const, value })),
    ...addresses.map(value => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: hex(request.serial),
    subject: name,
    issuer: authority?.subjectName ?? name,
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    publicKey,
    signingKey: 'certificate' in issuer ? issuer.privateKey : issuer,
    extensions: [
      new x509.KeyUsagesExtension(
        ca ? flags.digitalSignature | flags.keyCertSign | flags.cRLSign : flags.digitalSignature,
        true,
      ),
      new x509.BasicConstraintsExtension(ca, undefined, true),
      ...(usage === 'ca'
        ? []
        : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[`${usage}Auth`]])]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      authorityKeyId
        ? new x509.AuthorityKeyIdentifierExtension(authorityKeyId)
        : await x509.AuthorityKeyIdentifierExtension.create(publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
