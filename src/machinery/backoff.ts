import type { Random } from './random.ts';

export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  base: number;
  /** No delay is longer (before jitter). */
  max: number;
  /** Default 2. */
  factor?: number;
  /** Up to this share of the delay is added at random; default 0. */
  jitter?: number;
}

/** Milliseconds to wait before retry number `attempt` (0 is the first). */
export function backoffDelay(options: BackoffOptions, attempt: number, random?: Random): number {
  const { base, max, factor = 2, jitter = 0 } = options;
  const delay = Math.min(max, base * factor ** Math.min(attempt, 1000));
  return jitter > 0 && random ? delay * (1 + jitter * random.next()) : delay;
}

/** The delays of one thing that is retried; `reset` after a success. */
export interface Backoff {
  next(): number;
  reset(): void;
  readonly attempts: number;
}

/** Starts at the base delay. */
export function backoff(options: BackoffOptions, random?: Random): Backoff {
  let attempts = 0;
  return {
    next: () => backoffDelay(options, attempts++, random),
    reset: () => {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
