// Addresses of one service range (upstream pkg/registry/core/service/ipallocator): explicit ones from anywhere, others from the upper band first.
import { type Random, randomInt } from '../../machinery/random.ts';
import { contains, formatAddress, type Range } from './ip.ts';

/** Offsets that are handed out by number and not by chance; larger ranges are used in part. */
const largest = 1n << 32n;

export interface AddressPool {
  readonly range: Range;
  has(address: bigint): boolean;
  /** False where it is taken or not to be used (network, broadcast). */
  take(address: bigint): boolean;
  /** A free one, taken; undefined when all are. */
  takeAny(): bigint | undefined;
  /** A free one, not taken. */
  peek(): bigint | undefined;
  release(address: bigint): void;
}

/** Low addresses are left to those who ask for them by number, while there are others: 16 to 256 of them. */
function lowerBand(size: number): number {
  const [least, most, step] = [16, 256, 16];
  if (size < least) return 0;
  return Math.max(least, Math.min(most, Math.floor(size / step)));
}

/** `taken` is shared by ranges of one family, which may overlap. */
export function createAddressPool(range: Range, random: Random, taken = new Set<bigint>()): AddressPool {
  // The network's own address is never used, nor IPv4's broadcast.
  const first = range.first + 1n;
  const all = (range.size < largest ? range.size : largest) - (range.family === 'IPv4' ? 2n : 1n);
  const count = all > 0n ? Number(all) : 0;
  const band = lowerBand(count);

  /** Walks a band from a random place on. */
  const search = (from: number, length: number): bigint | undefined => {
    if (length <= 0) return undefined;
    const start = randomInt(random, length);
    for (let i = 0; i < length; i++) {
      const address = first + BigInt(from + ((start + i) % length));
      if (!taken.has(address)) return address;
    }
    return undefined;
  };
  const peek = (): bigint | undefined => search(band, count - band) ?? search(0, band);
  const usable = (address: bigint): boolean =>
    contains(range, address) && address >= first && address < first + BigInt(count);

  return {
    range,
    has: address => taken.has(address),
    take(address) {
      if (!usable(address) || taken.has(address)) return false;
      taken.add(address);
      return true;
    },
    takeAny() {
      const address = peek();
      if (address !== undefined) taken.add(address);
      return address;
    },
    peek,
    release: address => void taken.delete(address),
  };
}

export const textOf = (pool: AddressPool, address: bigint): string =>
  formatAddress(address, pool.range.family);
