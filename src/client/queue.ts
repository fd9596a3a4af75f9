import type { Clock, Timer } from '../machinery/clock.ts';
import { type Metrics, noMetrics } from '../machinery/metrics.ts';
import { KeyedBackoff } from './backoff.ts';
import { Fifo } from './fifo.ts';
import { queueMetrics } from './queue-metrics.ts';

export interface QueueOptions {
  clock: Clock;
  /** The `name` label of the metrics. */
  name?: string;
  metrics?: Metrics;
  /** Back-off of `addRateLimited`: default 5 ms doubling to 1000 s. */
  baseDelayMs?: number;
  maxDelayMs?: number;
}

/**
 * A queue of keys (client-go util/workqueue). A key waits at most once, is worked on by one worker at a time,
 * and one that is added while it is worked on comes again when that work is `done`.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds later; of several waits for one key the earliest counts. */
  addAfter(key: string, milliseconds: number): void;
  /** Adds after the key's back-off, which grows until `forget`. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  /** How often `addRateLimited` was called since the last `forget`. */
  retries(key: string): number;
  /** The next key, if there is one now; it must be given back with `done`. */
  take(): string | undefined;
  /** The next key, or undefined once the queue is shut down. */
  next(): Promise<string | undefined>;
  done(key: string): void;
  /** Keys that wait, without those that are delayed or worked on. */
  readonly length: number;
  /** Ends waits and takes nothing more; delayed adds are dropped. */
  shutDown(): void;
}

export function createQueue(options: QueueOptions): WorkQueue {
  const { clock } = options;
  const measure = queueMetrics(options.name ?? '', clock, options.metrics ?? noMetrics);
  const backoff = new KeyedBackoff(options.baseDelayMs ?? 5, options.maxDelayMs ?? 1_000_000);
  const ready = new Fifo<string>();
  const dirty = new Set<string>();
  const processing = new Set<string>();
  const delayed = new Map<string, { at: number; timer: Timer }>();
  const waiters = new Fifo<(key: string | undefined) => void>();
  let stopped = false;

  const take = (): string | undefined => {
    const key = stopped ? undefined : ready.shift();
    if (key === undefined) return undefined;
    dirty.delete(key);
    processing.add(key);
    measure.taken(key);
    return key;
  };

  const serve = (): void => {
    while (ready.length > 0 && waiters.length > 0) waiters.shift()?.(take());
  };

  const add = (key: string): void => {
    if (stopped || dirty.has(key)) return;
    dirty.add(key);
    measure.added(key);
    if (processing.has(key)) return;
    ready.push(key);
    serve();
  };

  const addAfter = (key: string, milliseconds: number): void => {
    if (stopped) return;
    if (milliseconds <= 0) {
      add(key);
      return;
    }
    const at = clock.monotonic() + milliseconds;
    const waiting = delayed.get(key);
    if (waiting && waiting.at <= at) return;
    waiting?.timer.cancel();
    const timer = clock.timer(milliseconds, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { at, timer });
  };

  return {
    add,
    addAfter(key, milliseconds) {
      measure.retried();
      addAfter(key, milliseconds);
    },
    addRateLimited(key) {
      measure.retried();
      addAfter(key, backoff.next(key));
    },
    forget: key => backoff.forget(key),
    retries: key => backoff.failures(key),
    take,
    next() {
      const key = take();
      if (key !== undefined || stopped) return Promise.resolve(key);
      return new Promise(resolve => waiters.push(resolve));
    },
    done(key) {
      if (!processing.delete(key)) return;
      measure.done(key);
      if (!dirty.has(key)) return;
      ready.push(key);
      serve();
    },
    get length() {
      return ready.length;
    },
    shutDown() {
      stopped = true;
      measure.dispose();
      for (const { timer } of delayed.values()) timer.cancel();
      delayed.clear();
      for (let waiter = waiters.shift(); waiter; waiter = waiters.shift()) waiter(undefined);
    },
  };
}
