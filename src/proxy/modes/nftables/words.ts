// The two families as data, and the names and expressions that the rules are written in.
import type { Family } from '../../model/types.ts';

export const tableName = 'tsukube-proxy';
/** Outlives every mode: with no rule left that needs connection tracking the kernel would stop translating established flows. */
export const holdTableName = 'tsukube-hold';

export interface Words {
  /** nft's name of the family and of its header: `ip daddr`. */
  readonly ip: 'ip' | 'ip6';
  readonly addr: 'ipv4_addr' | 'ipv6_addr';
  /** Never answers on node ports. */
  readonly loopback: '127.0.0.0/8' | '::1';
}

export const wordsOf = (family: Family): Words =>
  family === 'ipv4'
    ? { ip: 'ip', addr: 'ipv4_addr', loopback: '127.0.0.0/8' }
    : { ip: 'ip6', addr: 'ipv6_addr', loopback: '::1' };

/**
 * A way that a packet names a service: by address, protocol and port (`vip`), or by protocol and port on one of the node's
 * own addresses (`port`). The `-in` lanes hold what in-cluster sources see where external policy Local would hide endpoints.
 * Each lane has the same five maps and three kinds of chains.
 */
export interface Lane {
  readonly name: LaneName;
  /** The key as types, in a packet before translation, and in a translated packet's connection. */
  type(words: Words): string;
  key(words: Words): string;
  original(words: Words): string;
  /** The map that remembers clients; lanes that a client may meet for one service share it. */
  readonly clients: string;
  /** The key of that map, as types and as an expression. */
  clientType(words: Words): string;
  client(words: Words): string;
}

export type LaneName = 'vip' | 'vip-in' | 'port' | 'port-in';

/**
 * nft 1.0.6 keeps 16 bytes for the key of a map that packets fill (a longer one is cut into by the value, or crashes nft), and
 * an IPv6 client alone is that long: there it goes in as two hashes of 32 bits.
 */
const hashed = (what: string): string =>
  ['0x51ab7e15', '0x2c1b3c6d'].map(seed => `jhash ${what} mod 0xfffffffe seed ${seed}`).join(' . ');
const hashedType =
  'typeof meta l4proto . th dport . numgen random mod 2 . numgen random mod 2 : meta priority;';

const vip = {
  type: ({ addr }: Words) => `${addr} . inet_proto . inet_service`,
  key: ({ ip }: Words) => `${ip} daddr . meta l4proto . th dport`,
  original: ({ ip }: Words) => `ct original ${ip} daddr . meta l4proto . ct original proto-dst`,
  clients: 'vip-clients',
  clientType: ({ ip, addr }: Words) =>
    ip === 'ip' ? `type ${addr} . inet_proto . inet_service . ${addr} : classid;` : hashedType,
  client: ({ ip }: Words) =>
    ip === 'ip'
      ? 'ip daddr . meta l4proto . th dport . ip saddr'
      : `meta l4proto . th dport . ${hashed('ip6 daddr . ip6 saddr')}`,
};

const port = {
  type: () => 'inet_proto . inet_service',
  key: () => 'meta l4proto . th dport',
  original: () => 'meta l4proto . ct original proto-dst',
  clients: 'port-clients',
  clientType: ({ ip, addr }: Words) =>
    ip === 'ip' ? `type inet_proto . inet_service . ${addr} : classid;` : hashedType,
  client: ({ ip }: Words) => `meta l4proto . th dport . ${ip === 'ip' ? 'ip saddr' : hashed('ip6 saddr')}`,
};

export const lanes: Readonly<Record<LaneName, Lane>> = {
  vip: { name: 'vip', ...vip },
  'vip-in': { name: 'vip-in', ...vip },
  port: { name: 'port', ...port },
  'port-in': { name: 'port-in', ...port },
};

/** FNV-1a over the text's UTF-16 units; 32 bits. */
export function hash32(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** 16 hex digits, for names made from content. */
export const hashName = (text: string): string =>
  [hash32(text), hash32(text, 0x01000193 ^ text.length)].map(n => n.toString(16).padStart(8, '0')).join('');
