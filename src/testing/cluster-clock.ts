import { type Clock, sleep } from '../machinery/clock.ts';
import { parseDuration } from '../machinery/duration.ts';
import { realClock } from '../platform/clock.ts';
import { createTestClock, type TestClock, type TestClockOptions } from './clock.ts';

/** Milliseconds, or a Go duration: `90s`, `1h30m`, `250ms`. */
export type Duration = number | string;

export const millisecondsOf = (duration: Duration): number => {
  const milliseconds = typeof duration === 'number' ? duration : parseDuration(duration);
  if (!(milliseconds >= 0))
    throw new RangeError(`a duration that is not negative is needed, not ${duration}`);
  return milliseconds;
};

/** The time of a cluster. */
export interface ClusterClock extends Clock {
  /** Whether time stands still unless told otherwise. */
  readonly controlled: boolean;
  /** Moves time forward; timers fire in order, and what follows from them settles. Refused for a clock in real time. */
  advance(duration: Duration): Promise<void>;
  /** Lets everything settle that needs no time to pass; for a clock in real time nothing is done. */
  settle(): Promise<void>;
  /** Lets controlled time pass by itself, `speed` times as fast as real time, until `pause`. */
  run(speed?: number): void;
  /** Time stands still again. */
  pause(): Promise<void>;
  /** Lets time pass as far as needed for `work` to end, and gives its outcome. */
  drive<T>(work: Promise<T>): Promise<T>;
  /** One small step towards `limit` (as of `now()`), for who waits for something; false when the limit is reached. */
  step(limit: number): Promise<boolean>;
}

const tickMs = 10;
/** What has not ended after so much real time is taken to wait for the cluster's. */
const patienceMs = 200;

class RealTime implements ClusterClock {
  readonly controlled = false;
  now = realClock.now;
  monotonic = realClock.monotonic;
  timer = realClock.timer;

  async advance(): Promise<void> {
    throw new Error('this cluster runs in real time: start it with time "controlled" to advance it');
  }
  async settle(): Promise<void> {}
  run(): void {}
  async pause(): Promise<void> {}
  drive = <T>(work: Promise<T>): Promise<T> => work;

  async step(limit: number): Promise<boolean> {
    if (this.now() >= limit) return false;
    await sleep(realClock, tickMs);
    return true;
  }
}

class ControlledTime implements ClusterClock {
  readonly controlled = true;
  readonly #clock: TestClock;
  /** Moves of time happen one after the other. */
  #moving: Promise<void> = Promise.resolve();
  #running: AbortController | undefined;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  now = (): number => this.#clock.now();
  monotonic = (): number => this.#clock.monotonic();
  timer: Clock['timer'] = (milliseconds, callback) => this.#clock.timer(milliseconds, callback);

  #move(work: () => Promise<void>): Promise<void> {
    const moved = this.#moving.then(work);
    this.#moving = moved.catch(() => {});
    return moved;
  }

  async advance(duration: Duration): Promise<void> {
    const milliseconds = millisecondsOf(duration);
    await this.#move(() => this.#clock.advance(milliseconds));
  }

  settle(): Promise<void> {
    return this.#move(() => this.#clock.settle());
  }

  run(speed = 1): void {
    if (!(speed > 0)) throw new RangeError(`time runs at a speed above 0, not ${speed}`);
    this.#running?.abort();
    const stop = new AbortController();
    this.#running = stop;
    void this.#pass(speed, stop.signal);
  }

  async pause(): Promise<void> {
    this.#running?.abort();
    this.#running = undefined;
    await this.#moving;
  }

  async drive<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const ended = work.then(
      () => void (over = true),
      () => void (over = true),
    );
    while (!over) {
      const stop = new AbortController();
      await Promise.race([ended, sleep(realClock, patienceMs, stop.signal).catch(() => {})]);
      stop.abort();
      if (!over) await this.step(Number.POSITIVE_INFINITY);
    }
    return work;
  }

  async step(limit: number): Promise<boolean> {
    if (this.now() >= limit) return false;
    if (this.#running) {
      await sleep(realClock, tickMs);
      return true;
    }
    const next = Math.min(limit, this.#clock.nextAt ?? limit);
    if (next === Number.POSITIVE_INFINITY) return false;
    await this.#move(() => this.#clock.advance(Math.max(0, next - this.now())));
    return true;
  }

  async #pass(speed: number, signal: AbortSignal): Promise<void> {
    let before = realClock.monotonic();
    while (!signal.aborted) {
      await sleep(realClock, tickMs, signal).catch(() => {});
      if (signal.aborted) return;
      const now = realClock.monotonic();
      const passed = (now - before) * speed;
      before = now;
      await this.#move(() => this.#clock.advance(passed));
    }
  }
}

/** `outside`: as a test clock's. */
export const createClusterClock = (
  time: 'controlled' | 'real',
  outside: TestClockOptions['outside'],
): ClusterClock =>
  time === 'real' ? new RealTime() : new ControlledTime(createTestClock(undefined, { outside }));
