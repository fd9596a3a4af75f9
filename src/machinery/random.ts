/** The one source of randomness. The real one is `src/platform/random.ts`; tests and simulations use `seededRandom`. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}

/** A whole number in [0, below). */
export const randomInt = (random: Random, below: number): number => Math.floor(random.next() * below);

const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The suffix of generated names: no vowels and no look-alikes, as upstream's (apimachinery util/rand). */
export function randomSuffix(random: Random, length = 5): string {
  let text = '';
  for (let i = 0; i < length; i++) text += nameAlphabet[randomInt(random, nameAlphabet.length)];
  return text;
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A small, fast generator (mulberry32) for tests and simulations: the same seed gives the same sequence. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, bytes: count => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}
