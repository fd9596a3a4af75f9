// A self-signed certificate for the tests of the HTTP client: just enough DER (RFC 5280).
import { createSign, generateKeyPairSync } from 'node:crypto';

const der = (tag: number, ...contents: (Buffer | number[])[]): Buffer => {
  const content = Buffer.concat(contents.map(part => Buffer.from(part)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: number[]): Buffer => der(0x06, bytes);
const time = (text: string): Buffer => der(0x17, Buffer.from(text));
const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`;

/** Valid for 127.0.0.1 until 2049. */
export function selfSigned(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('test')))));
  const alternativeName = der(0x04, sequence(der(0x87, [127, 0, 0, 1])));
  const authority = der(0x04, sequence(der(0x01, [0xff])));
  const extensions = der(
    0xa3,
    sequence(
      sequence(oid(0x55, 0x1d, 0x11), alternativeName),
      sequence(oid(0x55, 0x1d, 0x13), der(0x01, [0xff]), authority),
    ),
  );
  const body = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    ecdsaWithSha256,
    name,
    sequence(time('200101000000Z'), time('490101000000Z')),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    extensions,
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const certificate = sequence(body, ecdsaWithSha256, der(0x03, [0], signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
