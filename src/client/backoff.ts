import type { Random } from '../machinery/random.ts';

/** Exponential back-off for each key (client-go util/workqueue/default_rate_limiters.go). */
export class KeyedBackoff {
  readonly #failures = new Map<string, number>();
  readonly #baseMs: number;
  readonly #maxMs: number;

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** Counts one more failure and says how many milliseconds to wait. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.min(this.#baseMs * 2 ** failures, this.#maxMs);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}

/** Back-off of one loop: doubles, with jitter, and starts anew after a quiet time (client-go's for reflectors: 800 ms to 30 s, 2 min). */
export class LoopBackoff {
  readonly #random: Random;
  readonly #options: { baseMs: number; maxMs: number; resetMs: number; jitter: number };
  #delayMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    random: Random,
    options?: { baseMs?: number; maxMs?: number; resetMs?: number; jitter?: number },
  ) {
    this.#random = random;
    this.#options = { baseMs: 800, maxMs: 30_000, resetMs: 120_000, jitter: 1, ...options };
    this.#delayMs = this.#options.baseMs;
  }

  /** How long to wait now, at most `capMs` before jitter; `nowMs` is monotonic time. */
  next(nowMs: number, capMs = Number.POSITIVE_INFINITY): number {
    const { baseMs, resetMs, jitter } = this.#options;
    const maxMs = Math.min(this.#options.maxMs, capMs);
    if (nowMs - this.#lastMs > resetMs) this.#delayMs = baseMs;
    this.#lastMs = nowMs;
    const delay = Math.min(this.#delayMs, maxMs);
    this.#delayMs = Math.min(delay * 2, maxMs);
    return delay * (1 + jitter * this.#random.next());
  }

  /** It went well for a while: the next wait is the shortest again. */
  reset(): void {
    this.#delayMs = this.#options.baseMs;
  }
}
