import type { Clock } from '../machinery/clock.ts';

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(milliseconds, callback) {
    // setTimeout fires at once for more than 2^31-1 ms; no timer of ours waits longer than that in earnest.
    const handle = setTimeout(callback, Math.min(milliseconds, 0x7fffffff));
    return { cancel: () => clearTimeout(handle) };
  },
};
