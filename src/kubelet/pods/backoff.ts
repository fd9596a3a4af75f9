import type { Clock } from '../../machinery/clock.ts';

const initialMs = 10_000;
const maxMs = 300_000;

/**
 * Delays by key, 10 s doubling to 5 min, forgotten after 10 min without a failure (upstream: client-go util/flowcontrol/backoff.go).
 * The first failure of a key costs no delay: `next` only starts the count.
 */
export class StartBackoff {
  readonly #entries = new Map<string, { delay: number; updated: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds still to wait for a thing that failed at `since`; 0 if it may start. */
  remaining(key: string, since: number): number {
    const entry = this.#entries.get(key);
    if (!entry || since - entry.updated > 2 * maxMs) return 0;
    return Math.max(0, since + entry.delay - this.#clock.now());
  }

  /** The same, counted from the last `next`. */
  remainingSinceUpdate(key: string): number {
    const entry = this.#entries.get(key);
    return entry ? this.remaining(key, entry.updated) : 0;
  }

  /** The present delay in milliseconds. */
  delay(key: string): number {
    return this.#entries.get(key)?.delay ?? 0;
  }

  /** Counts a start after a failure (or a failure) at `at`. */
  next(key: string, at: number): void {
    const entry = this.#entries.get(key);
    const delay = !entry || at - entry.updated > 2 * maxMs ? initialMs : Math.min(maxMs, entry.delay * 2);
    this.#entries.set(key, { delay, updated: this.#clock.now() });
  }

  /** Forgets all keys that start with `prefix`. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
