// The last writes of a store in memory, and the watches that follow them. Shared by the memory and the embedded store.
import type { StoreEvent, WatchBatch } from './store.ts';
import { CompactedError } from './store.ts';

export interface HistoryOptions {
  /** Revision the history starts after: events up to and including it are not held. */
  revision: number;
  /** Events held at most; older ones are dropped. */
  limit: number;
  /** Values held at most, in bytes; older events are dropped. Default: no bound. */
  byteLimit?: number;
  /** Where dropped events can still be read: whole revisions from `fromRevision` on, or CompactedError. Default: nowhere. */
  older?: (fromRevision: number) => Promise<WatchBatch[]>;
}

/**
 * Watchers own no queue: each holds a revision and reads on from there, so a slow one costs nothing,
 * and one that falls behind what is held (and `older`) gets CompactedError.
 */
export interface History {
  /** The newest revision that watchers may see. */
  readonly revision: number;
  /** Events up to and including this revision are not held here. */
  readonly floor: number;
  append(batch: WatchBatch): void;
  /** Forgets events up to and including `revision`. */
  forget(revision: number): void;
  /** Batches held, newest first, down to the first after `revision`. */
  newestFirst(revision: number): Iterable<WatchBatch>;
  watch(
    prefix: string,
    options: { fromRevision: number; signal?: AbortSignal },
  ): AsyncGenerator<WatchBatch, void>;
  /** Ends all watches. */
  close(): void;
}

const weigh = (event: StoreEvent): number =>
  event.kv.value.byteLength + (event.previous?.value.byteLength ?? 0);

export function createHistory(options: HistoryOptions): History {
  /** Batches of `start`…; those before `start` are gone. Trimmed now and then, so that dropping one is cheap. */
  let batches: WatchBatch[] = [];
  let start = 0;
  let floor = options.revision;
  let revision = options.revision;
  let held = 0;
  let bytes = 0;
  let closed = false;
  const waiting = new Set<() => void>();

  const wake = (): void => {
    for (const resume of waiting) resume();
    waiting.clear();
  };

  const dropOldest = (): void => {
    const batch = batches[start]!;
    floor = batch.revision;
    held -= batch.events.length;
    for (const event of batch.events) bytes -= weigh(event);
    start++;
    if (start > 1024 && start * 2 > batches.length) {
      batches = batches.slice(start);
      start = 0;
    }
  };

  /** Index of the first batch at `from` or later. */
  const indexOf = (from: number): number => {
    let low = start;
    let high = batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (batches[middle]!.revision >= from) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const matching = (batch: WatchBatch, prefix: string): WatchBatch | undefined => {
    const { events } = batch;
    if (events.length === 1) return events[0]!.kv.key.startsWith(prefix) ? batch : undefined;
    const mine = events.filter(event => event.kv.key.startsWith(prefix));
    if (mine.length === 0) return undefined;
    return mine.length === events.length ? batch : { revision: batch.revision, events: mine };
  };

  async function* watch(
    prefix: string,
    { fromRevision, signal }: { fromRevision: number; signal?: AbortSignal },
  ): AsyncGenerator<WatchBatch, void> {
    const ended = (): boolean => closed || signal?.aborted === true;
    if (fromRevision > revision + 1) throw new CompactedError(floor);
    let next = fromRevision;
    while (!ended()) {
      if (next > revision) {
        await new Promise<void>(resolve => {
          const resume = (): void => {
            signal?.removeEventListener('abort', resume);
            waiting.delete(resume);
            resolve();
          };
          waiting.add(resume);
          signal?.addEventListener('abort', resume, { once: true });
        });
        continue;
      }
      let source: readonly WatchBatch[];
      if (next > floor) source = batches.slice(indexOf(next));
      else if (options.older) source = await options.older(next);
      else throw new CompactedError(floor);
      let told = next - 1;
      for (const batch of source) {
        if (ended()) return;
        next = batch.revision + 1;
        const mine = matching(batch, prefix);
        if (!mine) continue;
        told = mine.revision;
        yield mine;
      }
      // A page of `older` may hold no event of a revision that wrote nothing: move on to what is held here.
      if (source.length === 0) next = Math.max(next, Math.min(floor, revision) + 1);
      if (!ended() && next > told + 1) yield { revision: next - 1, events: [] };
    }
  }

  return {
    get revision() {
      return revision;
    },
    get floor() {
      return floor;
    },
    append(batch) {
      batches.push(batch);
      revision = batch.revision;
      held += batch.events.length;
      for (const event of batch.events) bytes += weigh(event);
      while (
        start < batches.length - 1 &&
        (held > options.limit || (options.byteLimit !== undefined && bytes > options.byteLimit))
      ) {
        dropOldest();
      }
      wake();
    },
    forget(upTo) {
      while (start < batches.length && batches[start]!.revision <= upTo) dropOldest();
      floor = Math.max(floor, Math.min(upTo, revision));
    },
    *newestFirst(after) {
      for (let i = batches.length - 1; i >= start && batches[i]!.revision > after; i--) yield batches[i]!;
    },
    watch,
    close() {
      closed = true;
      wake();
    },
  };
}
