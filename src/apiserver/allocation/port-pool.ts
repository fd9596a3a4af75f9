// Node ports (upstream pkg/registry/core/service/portallocator). One port may serve TCP and UDP of the same Service.
import { type Random, randomInt } from '../../machinery/random.ts';

export interface PortRange {
  /** Both are part of the range. */
  first: number;
  last: number;
}

export const defaultNodePorts: PortRange = { first: 30_000, last: 32_767 };

export interface PortPool {
  readonly range: PortRange;
  contains(port: number): boolean;
  has(port: number): boolean;
  take(port: number): boolean;
  takeAny(): number | undefined;
  release(port: number): void;
}

/** Low ports are left to those who ask for them by number, while there are others: 16 to 128 of them. */
function lowerBand(size: number): number {
  const [least, most, step] = [16, 128, 32];
  if (size < least) return 0;
  return Math.max(least, Math.min(most, Math.floor(size / step)));
}

export function createPortPool(range: PortRange, random: Random): PortPool {
  const taken = new Set<number>();
  const count = range.last - range.first + 1;
  const band = lowerBand(count);
  const search = (from: number, length: number): number | undefined => {
    if (length <= 0) return undefined;
    const start = randomInt(random, length);
    for (let i = 0; i < length; i++) {
      const port = range.first + from + ((start + i) % length);
      if (!taken.has(port)) return port;
    }
    return undefined;
  };
  return {
    range,
    contains: port => port >= range.first && port <= range.last,
    has: port => taken.has(port),
    take(port) {
      if (taken.has(port)) return false;
      taken.add(port);
      return true;
    },
    takeAny() {
      const port = taken.size >= count ? undefined : (search(band, count - band) ?? search(0, band));
      if (port !== undefined) taken.add(port);
      return port;
    },
    release: port => void taken.delete(port),
  };
}
