// The little of DER that certificates need (ITU-T X.690).

export type Der = Uint8Array;

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export const tagged = (tag: number, content: Uint8Array): Der =>
  concat([Uint8Array.from([tag, ...lengthOf(content.length)]), content]);

export const sequence = (...parts: Der[]): Der => tagged(0x30, concat(parts));

/** Members of a SET are in the order of their bytes. */
export function set(parts: readonly Der[]): Der {
  const hex = (part: Der): string => Array.from(part, byte => byte.toString(16).padStart(2, '0')).join('');
  return tagged(0x31, concat([...parts].sort((a, b) => (hex(a) < hex(b) ? -1 : 1))));
}

/** An unsigned number, big-endian. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return tagged(0x02, trimmed[0]! & 0x80 ? concat([Uint8Array.of(0), trimmed]) : trimmed);
}

/** `2.5.4.3`; no arc above 2^28. */
export function objectId(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Uint8Array.from(bytes));
}

export const boolean = (value: boolean): Der => tagged(0x01, Uint8Array.of(value ? 0xff : 0));
export const octets = (content: Uint8Array): Der => tagged(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Der =>
  tagged(0x03, concat([Uint8Array.of(unused), content]));
export const utf8 = (text: string): Der => tagged(0x0c, new TextEncoder().encode(text));
export const ascii = (tag: number, text: string): Der => tagged(tag, new TextEncoder().encode(text));

/** UTCTime before 2050, GeneralizedTime from then on, as RFC 5280 has it. */
export function time(milliseconds: number): Der {
  const text = `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return Number(text.slice(0, 4)) < 2050 ? ascii(0x17, text.slice(2)) : ascii(0x18, text);
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), character => character.charCodeAt(0));

/** `label` is `CERTIFICATE`, `PRIVATE KEY` … */
export const toPem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${toBase64(bytes).replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;

/** The bytes of the first block; throws for what is no PEM. */
export function fromPem(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN [A-Z ]+-----([\s\S]+?)-----END/.exec(pem)?.[1];
  if (body === undefined) throw new Error('not a PEM file');
  return fromBase64(body.replaceAll(/\s/g, ''));
}
