// Addresses and CIDRs without a node: module, since the model is pure.
import type { Family } from './types.ts';

/** By notation only: every IPv6 text has a colon. */
export const familyOf = (addressOrCidr: string): Family => (addressOrCidr.includes(':') ? 'ipv6' : 'ipv4');

/** Those of one family, in order, without repeats. What is no address is left out: a rule with it would fail all others. */
export const ofFamily = (family: Family, list: readonly string[]): string[] => [
  ...new Set(
    list.map(text => text.trim()).filter(text => familyOf(text) === family && parseCidr(text) !== undefined),
  ),
];

const parseV4 = (text: string): bigint | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
};

const parseV6 = (text: string): bigint | undefined => {
  let source = text;
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    const tail = parseV4(text.slice(lastColon + 1));
    if (tail === undefined) return;
    source = `${text.slice(0, lastColon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return;
  const groups = halves.map(half => (half === '' ? [] : half.split(':')));
  const missing = 8 - groups.flat().length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return;
  const all = halves.length === 2 ? [...groups[0]!, ...Array(missing).fill('0'), ...groups[1]!] : groups[0]!;
  if (!all.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return;
  return all.reduce((value: bigint, group: string) => (value << 16n) | BigInt(`0x${group}`), 0n);
};

export interface Cidr {
  readonly family: Family;
  /** The first address, host bits cleared. */
  readonly base: bigint;
  readonly prefix: number;
}

const widthOf = (family: Family): number => (family === 'ipv4' ? 32 : 128);

/** Reads a CIDR, or an address as the CIDR that holds only it. Undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, length, ...rest] = text.trim().split('/');
  if (rest.length > 0 || address === undefined) return;
  const family = familyOf(address);
  const width = widthOf(family);
  const value = family === 'ipv4' ? parseV4(address) : parseV6(address);
  const prefix = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (value === undefined || prefix < 0 || prefix > width) return;
  const host = BigInt(width - prefix);
  return { family, base: (value >> host) << host, prefix };
}

/** Whether `inner` lies inside `outer` (equal counts). */
export const covers = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family &&
  outer.prefix <= inner.prefix &&
  inner.base >> BigInt(widthOf(outer.family) - outer.prefix) ===
    outer.base >> BigInt(widthOf(outer.family) - outer.prefix);

/** Whether any of the CIDRs holds the address. */
export function anyCovers(cidrs: readonly string[], address: string): boolean {
  const inner = parseCidr(address);
  return (
    inner !== undefined &&
    cidrs.some(text => {
      const outer = parseCidr(text);
      return outer !== undefined && covers(outer, inner);
    })
  );
}

/** Drops what cannot be parsed, other families, repeats and CIDRs inside another one: what an interval set accepts. Sorted. */
export function disjoint(family: Family, list: readonly string[]): string[] {
  const parsed = ofFamily(family, list).flatMap(text => {
    const cidr = parseCidr(text);
    return cidr ? [{ text, cidr }] : [];
  });
  parsed.sort((a, b) => a.cidr.prefix - b.cidr.prefix || (a.cidr.base < b.cidr.base ? -1 : 1));
  const kept: typeof parsed = [];
  for (const entry of parsed) if (!kept.some(outer => covers(outer.cidr, entry.cidr))) kept.push(entry);
  return kept.sort((a, b) => (a.cidr.base < b.cidr.base ? -1 : 1)).map(entry => entry.text);
}
