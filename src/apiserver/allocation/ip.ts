// IP addresses and ranges as numbers.

export type Family = 'IPv4' | 'IPv6';

export interface Range {
  family: Family;
  text: string;
  first: bigint;
  /** 2 to the number of free bits. */
  size: bigint;
}

function parse4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parse6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = parse4(dotted[2]!);
    if (low === undefined) return undefined;
    return parse6(`${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [head, tail] = [groups(halves[0]!), groups(halves[1] ?? '')];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...new Array<string>(missing).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = value * 65536n + BigInt(`0x${group}`);
  }
  return value;
}

export const familyOf = (text: string): Family => (text.includes(':') ? 'IPv6' : 'IPv4');

/** Undefined for what is no address. */
export const parseAddress = (text: string): bigint | undefined =>
  text.includes(':') ? parse6(text) : parse4(text);

/** The usual spelling (RFC 5952 for IPv6). */
export function formatAddress(value: bigint, family: Family): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16),
  );
  const text = groups.join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(match => match[0]);
  const longest = runs.sort((a, b) => b.length - a.length)[0];
  if (!longest) return text;
  return text
    .replace(longest, '::')
    .replace(/:{3,}/, '::')
    .replace(/^::?(?=::)/, '');
}

/** Throws for what is no range. */
export function parseRange(text: string): Range {
  const [address = '', bits = ''] = text.split('/');
  const family = familyOf(address);
  const value = parseAddress(address);
  const width = family === 'IPv4' ? 32 : 128;
  if (value === undefined || !/^\d+$/.test(bits) || Number(bits) > width)
    throw new Error(`${text} is no address range`);
  const size = 1n << BigInt(width - Number(bits));
  return { family, text, first: value - (value % size), size };
}

export const contains = ({ first, size }: Range, value: bigint): boolean =>
  value >= first && value < first + size;

/** The n-th address of a range, as text; the network itself is the 0th. */
export const nth = (range: Range, n: number): string => formatAddress(range.first + BigInt(n), range.family);
