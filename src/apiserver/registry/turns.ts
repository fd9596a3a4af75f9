import type { Clock } from '../../machinery/clock.ts';
import { StatusError } from '../../machinery/status-error.ts';

/** Upstream's --request-timeout: no write tries longer than this. */
const patience = 60_000;

/** Writers of one key, one after another: a race for the store is lost by all but one of them, and lost work is done again. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  /** The end of each queue. */
  const last = new Map<string, Promise<void>>();
  return async (key, work) => {
    const before = last.get(key);
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    last.set(key, mine);
    try {
      if (before) await before;
      return await work();
    } finally {
      done();
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** Throws upstream's Timeout once a write that lost its races, or waited for its turn, has done so for too long. */
export function createPatience(clock: Clock): () => void {
  const start = clock.monotonic();
  return () => {
    if (clock.monotonic() - start < patience) return;
    throw new StatusError(
      'Timeout',
      'Timeout: request did not complete within requested timeout - context deadline exceeded',
    );
  };
}
