/** Addresses of the `nameserver` lines of a resolv.conf, in order, at most three as libc takes them. */
export function nameserversOf(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [word, address] = line.trim().split(/\s+/);
    if (word === 'nameserver' && address) found.push(address);
  }
  return found.slice(0, 3);
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/**
 * The resolvers that a node can forward to, from the host's resolv.conf files in order of preference: the first that names any
 * but loopback addresses (stubs such as systemd-resolved's, which no other network namespace reaches) and `own` addresses.
 */
export function upstreamsFrom(files: readonly string[], own: readonly string[]): string[] {
  for (const file of files) {
    const usable = nameserversOf(file).filter(address => !isLoopback(address) && !own.includes(address));
    if (usable.length > 0) return usable;
  }
  return [];
}

export interface Upstream {
  address: string;
  port: number;
}

/** Reads `1.1.1.1`, `1.1.1.1:5353`, `fd00::1` or `[fd00::1]:53`. Throws for anything else. */
export function parseUpstream(text: string): Upstream {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d+))?$/.exec(text);
  const plain = /^([0-9.]+)(?::(\d+))?$/.exec(text);
  const parts = bracketed ?? plain;
  if (!parts && /^[0-9a-fA-F:.%]+$/.test(text)) return { address: text, port: 53 };
  const port = Number(parts?.[2] ?? 53);
  if (!parts || port < 1 || port > 65535) throw new Error(`not an address of a DNS server: ${text}`);
  return { address: parts[1]!, port };
}
