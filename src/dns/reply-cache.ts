// Replies of upstream resolvers, kept for a short time; their TTLs count down while they are kept.

import { types } from './message.ts';
import { copyOf, rcodeOf, skipName } from './wire.ts';

/** As the Corefile that kubeadm writes: nothing is kept, or said to be good, for longer. In seconds. */
const longest = 30;

interface Entry {
  bytes: Uint8Array;
  /** Offsets of TTL fields. */
  ttls: number[];
  storedAt: number;
  expiresAt: number;
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 65536 + u16(bytes, at + 2);

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Where the TTLs are, and for how many seconds the reply is good; undefined where it must not be kept. */
function lifetime(bytes: Uint8Array): { ttls: number[]; seconds: number } | undefined {
  const code = rcodeOf(bytes);
  if (code !== 0 && code !== 3) return undefined;
  const answers = u16(bytes, 6);
  const records = answers + u16(bytes, 8) + u16(bytes, 10);
  const ttls: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  let at = skipName(bytes, 12) + 4;
  for (let i = 0; i < records; i++) {
    const fixed = skipName(bytes, at);
    const type = u16(bytes, fixed);
    const end = fixed + 10 + u16(bytes, fixed + 8);
    if (end > bytes.length) return undefined;
    if (type !== types.OPT) {
      ttls.push(fixed + 4);
      const ttl = u32(bytes, fixed + 4);
      if (i < answers) seconds = Math.min(seconds, ttl);
      else if (answers === 0 && type === types.SOA) seconds = Math.min(ttl, u32(bytes, end - 4));
    }
    at = end;
  }
  return seconds > 0 && seconds !== Number.POSITIVE_INFINITY
    ? { ttls, seconds: Math.min(seconds, longest) }
    : undefined;
}

/** Keeps at most `capacity` replies; those asked for least recently go first. Times are monotonic milliseconds. */
export class ReplyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A copy of the caller's own, with TTLs as they are now. */
  get(key: string, now: number): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (now >= entry.expiresAt) return undefined;
    this.#entries.set(key, entry);
    const bytes = copyOf(entry.bytes);
    const age = Math.floor((now - entry.storedAt) / 1000);
    for (const at of entry.ttls) putU32(bytes, at, Math.max(0, Math.min(u32(bytes, at), longest) - age));
    return bytes;
  }

  /** Keeps a reply if it may be kept. `bytes` must not be changed afterwards. */
  set(key: string, bytes: Uint8Array, now: number): void {
    const found = lifetime(bytes);
    if (!found) return;
    this.#entries.delete(key);
    this.#entries.set(key, {
      bytes,
      ttls: found.ttls,
      storedAt: now,
      expiresAt: now + found.seconds * 1000,
    });
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
