/** A pending timer. */
export interface Timer {
  /** No effect once it has fired. */
  cancel(): void;
}

/** The one source of time. The real one is `src/platform/clock.ts`; tests use `src/testing/clock.ts`. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go backwards, for measuring durations. */
  monotonic(): number;
  /** Calls `callback` once, after `milliseconds`; a real timer does not keep the process alive by itself when `background`. */
  timer(milliseconds: number, callback: () => void): Timer;
}

/** A wire timestamp (RFC 3339 in UTC, whole seconds), as metadata and conditions carry it. */
export const timestamp = (milliseconds: number): string =>
  `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/** A wire MicroTime (six digits), as Leases and Events carry it. */
export const microTimestamp = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 23)}000Z`;

/** Resolves after `milliseconds`; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.timer(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
