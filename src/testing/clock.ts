import type { Clock, Timer } from '../machinery/clock.ts';

/** A clock that stands still until told otherwise. */
export interface TestClock extends Clock {
  /**
   * Moves time forward and fires due timers in order, letting promise work settle before the first, between them and after the last.
   * Work that waits for the real world (sockets, disks, real timers) is not waited for.
   */
  advance(milliseconds: number): Promise<void>;
  /** Lets promise work and timers of zero milliseconds settle; time stands still. */
  settle(): Promise<void>;
  /** Advances in steps to each next timer until `condition` holds; throws when `limitMs` has passed first. */
  advanceUntil(condition: () => boolean, limitMs?: number): Promise<void>;
  /** How many timers wait. */
  readonly pending: number;
  /** When the next timer is due, as `now()`; undefined if none waits. */
  readonly nextAt: number | undefined;
}

export interface TestClockOptions {
  /** Asked when all is quiet: work of the real world (signatures) that time has to wait for. Resolves when its outcome is known inside. */
  outside?(): Promise<void> | undefined;
}

interface Entry extends Timer {
  at: number;
  order: number;
  callback: () => void;
}

const quietTurns = 4;
const maxTurns = 10_000;
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/**
 * A controlled clock for tests. Timers of zero milliseconds (the way to yield to the event loop) need no `advance`.
 * `start` is in milliseconds since the epoch.
 */
export function createTestClock(
  start = Date.UTC(2026, 0, 1),
  { outside = () => undefined }: TestClockOptions = {},
): TestClock {
  const timers = new Set<Entry>();
  let now = start;
  let order = 0;
  let changes = 0;

  const next = (limit: number): Entry | undefined => {
    let found: Entry | undefined;
    for (const entry of timers) {
      if (entry.at > limit) continue;
      if (!found || entry.at < found.at || (entry.at === found.at && entry.order < found.order))
        found = entry;
    }
    return found;
  };

  const fire = (entry: Entry): void => {
    timers.delete(entry);
    changes++;
    if (entry.at > now) now = entry.at;
    entry.callback();
  };

  const quieten = async (): Promise<void> => {
    let quiet = 0;
    for (let turns = 0; quiet < quietTurns && turns < maxTurns; turns++) {
      const before = changes;
      await turn();
      quiet = changes === before ? quiet + 1 : 0;
    }
  };

  const settle = async (): Promise<void> => {
    await quieten();
    for (let work = outside(); work; work = outside()) {
      await work;
      await quieten();
    }
  };

  const advance = async (milliseconds: number): Promise<void> => {
    const target = now + milliseconds;
    await settle();
    for (let entry = next(target); entry; entry = next(target)) {
      fire(entry);
      await settle();
    }
    now = target;
  };

  return {
    now: () => now,
    monotonic: () => now - start,
    timer(milliseconds, callback) {
      const entry: Entry = {
        at: now + Math.max(0, milliseconds),
        order: order++,
        callback,
        cancel: () => {
          if (timers.delete(entry)) changes++;
        },
      };
      timers.add(entry);
      changes++;
      if (milliseconds <= 0) setImmediate(() => timers.has(entry) && fire(entry));
      return entry;
    },
    advance,
    settle,
    async advanceUntil(condition, limitMs = 3_600_000) {
      const limit = now + limitMs;
      await settle();
      while (!condition()) {
        const entry = next(limit);
        if (!entry) throw new Error(`the condition did not come true within ${limitMs} ms of the test clock`);
        await advance(entry.at - now);
      }
    },
    get pending() {
      return timers.size;
    },
    get nextAt() {
      return next(Number.POSITIVE_INFINITY)?.at;
    },
  };
}
