// Arithmetic of address ranges.

/** A range of addresses in one family. */
export interface Cidr {
  v6: boolean;
  base: bigint;
  prefix: number;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const left = groups(head);
  const right = groups(tail);
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!all.every(group => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** Undefined for text that is no range. Host bits are dropped. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = ''] = text.split('/');
  const v6 = address.includes(':');
  const bits = v6 ? 128 : 32;
  const value = v6 ? parseV6(address) : parseV4(address);
  if (value === undefined || !/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  const host = BigInt(bits - Number(length));
  return { v6, base: (value >> host) << host, prefix: Number(length) };
}

/** The text of a range, in the form the API carries. */
export function formatCidr({ v6, base, prefix }: Cidr): string {
  if (!v6) return `${[24n, 16n, 8n, 0n].map(shift => (base >> shift) & 255n).join('.')}/${prefix}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((base >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  const text =
    best.start < 0
      ? groups.join(':')
      : `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
  return `${text}/${prefix}`;
}

/** The `index`th part of `range` when it is cut into parts of this prefix length; undefined beyond its end. */
export function partOf(range: Cidr, prefix: number, index: number): Cidr | undefined {
  if (prefix < range.prefix || BigInt(index) >= 1n << BigInt(prefix - range.prefix)) return undefined;
  return {
    v6: range.v6,
    base: range.base + (BigInt(index) << BigInt((range.v6 ? 128 : 32) - prefix)),
    prefix,
  };
}

/** True where the ranges share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.v6 !== b.v6) return false;
  const shift = BigInt((a.v6 ? 128 : 32) - Math.min(a.prefix, b.prefix));
  return a.base >> shift === b.base >> shift;
}
