import type { Clock, Timer } from '../machinery/clock.ts';

export interface SyncLoopOptions {
  clock: Clock;
  /** At least this long between the end of a run and the start of the next; the first after a quiet time starts at once. */
  minIntervalMs: number;
  /** Never called while it runs. A throw is reported to `failed`, and the run is repeated after a back-off. */
  run(): Promise<void>;
  failed(error: unknown): void;
}

const firstBackoffMs = 100;
const maxBackoffMs = 30_000;

/** Runs one thing at a time, as soon as asked and no more often than allowed. Asking while it runs means once more after. */
export class SyncLoop implements AsyncDisposable {
  readonly #options: SyncLoopOptions;
  #timer: Timer | undefined;
  #timerAt = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #earliest = Number.NEGATIVE_INFINITY;
  #backoffMs = firstBackoffMs;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
  }

  /** A request in the same turn as others is one run. */
  request(afterMs = 0): void {
    if (this.#stopped) return;
    if (this.#running) {
      if (afterMs === 0) this.#again = true;
      return;
    }
    const now = this.#options.clock.monotonic();
    const at = Math.max(now + afterMs, this.#earliest);
    if (this.#timer && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#options.clock.timer(at - now, () => {
      this.#timer = undefined;
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { clock, minIntervalMs, run, failed } = this.#options;
    let retryMs: number | undefined;
    this.#again = false;
    try {
      await run();
      this.#backoffMs = firstBackoffMs;
    } catch (error) {
      failed(error);
      retryMs = this.#backoffMs;
      this.#backoffMs = Math.min(this.#backoffMs * 2, maxBackoffMs);
    }
    this.#running = undefined;
    this.#earliest = clock.monotonic() + (retryMs ?? minIntervalMs);
    if (this.#again || retryMs !== undefined) this.request();
  }

  /** Ends after the run under way, if any. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }
}
