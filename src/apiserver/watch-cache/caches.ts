import type { Clock, Timer } from '../../machinery/clock.ts';
import { sleep } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import { StatusError } from '../../machinery/status-error.ts';
import type { KeyValue, Store, StoreEvent } from '../../store/store.ts';
import { WatchCache } from './cache.ts';
import { Entry } from './entry.ts';
import { readOlder } from './older.ts';

/** Where all of the API lies in the store, as upstream's --etcd-prefix. */
export const root = '/registry/';

const bookmarkEvery = 60_000;

/** The watch caches of a server: one for each storage prefix, made when first asked for, all fed by one watch of the store. */
export interface Caches extends AsyncDisposable {
  /** The cache of `pods` or `services/specs`, with everything in it that the store had when this was called. */
  fresh(storagePrefix: string): Promise<WatchCache>;
  /** As `fresh`, but at least at this revision, even if it lies ahead. */
  atLeast(storagePrefix: string, revision: number): Promise<WatchCache>;
  /** As `fresh`, with the events after `since`, where need be from the store's history. Throws Expired when they are gone. */
  following(storagePrefix: string, since: number): Promise<WatchCache>;
  /** A stored value as the cache's entry where they are the same, so that it is parsed once. */
  entryOf(storagePrefix: string, kv: KeyValue): Entry;
  /** Sends a bookmark to every watch that wants them; also happens every minute. */
  bookmark(): void;
  readonly watching: number;
  /** Objects held, for each storage prefix. */
  sizes(): Record<string, number>;
}

interface Loading {
  promise: Promise<WatchCache>;
  /** Events that came while the cache was being filled. */
  events: StoreEvent[];
}

export function createCaches(options: { store: Store; clock: Clock; logger: Logger }): Caches {
  const { store, clock, logger } = options;
  const stop = new AbortController();
  const caches = new Map<string, WatchCache>();
  const loading = new Map<string, Loading>();
  const waiting = new Set<{ revision: number; resolve: () => void }>();
  let fed = store.revision;

  const advance = (revision: number): void => {
    if (revision <= fed) return;
    fed = revision;
    for (const cache of caches.values()) cache.revision = Math.max(cache.revision, revision);
    for (const waiter of waiting) {
      if (waiter.revision > fed) continue;
      waiting.delete(waiter);
      waiter.resolve();
    }
  };

  const route = (event: StoreEvent): void => {
    const { key } = event.kv;
    for (const cache of caches.values()) if (key.startsWith(cache.prefix)) cache.apply(event);
    for (const [prefix, { events }] of loading) {
      if (key.startsWith(`${root}${prefix}/`)) events.push(event);
    }
  };

  /** Forgets everything: what comes next is read from the store anew. */
  const reset = (): void => {
    for (const cache of caches.values()) cache.close();
    caches.clear();
    loading.clear();
  };

  const feed = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        for await (const batch of store.watch(root, { fromRevision: fed + 1, signal: stop.signal })) {
          for (const event of batch.events) route(event);
          advance(batch.revision);
        }
        if (!stop.signal.aborted) await sleep(clock, 1000, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        logger.error('watch of the store failed; caches start anew', { error });
        reset();
        advance(store.revision);
        await sleep(clock, 1000, stop.signal).catch(() => {});
      }
    }
  };

  const fill = async (storagePrefix: string, mine: Loading): Promise<WatchCache> => {
    const prefix = `${root}${storagePrefix}/`;
    const { kvs, revision } = await store.range(prefix);
    const cache = new WatchCache(prefix, kvs, revision, clock);
    for (const event of mine.events) cache.apply(event);
    cache.revision = Math.max(revision, fed);
    if (loading.get(storagePrefix) !== mine) return load(storagePrefix);
    loading.delete(storagePrefix);
    caches.set(storagePrefix, cache);
    return cache;
  };

  const load = (storagePrefix: string): Promise<WatchCache> => {
    const known = caches.get(storagePrefix);
    if (known) return Promise.resolve(known);
    let pending = loading.get(storagePrefix);
    if (!pending) {
      const mine = { events: [] } as unknown as Loading;
      loading.set(storagePrefix, mine);
      mine.promise = fill(storagePrefix, mine).catch(error => {
        if (loading.get(storagePrefix) === mine) loading.delete(storagePrefix);
        throw error;
      });
      pending = mine;
    }
    return pending.promise;
  };

  const reach = (revision: number): Promise<void> => {
    if (stop.signal.aborted) throw new StatusError('ServiceUnavailable', 'the server is shutting down');
    return new Promise(resolve => waiting.add({ revision, resolve }));
  };

  const atLeast = async (storagePrefix: string, revision: number): Promise<WatchCache> => {
    let cache = caches.get(storagePrefix) ?? (await load(storagePrefix));
    while (cache.revision < revision) {
      await reach(revision);
      cache = caches.get(storagePrefix) ?? (await load(storagePrefix));
    }
    return cache;
  };

  const reading = new Map<WatchCache, Promise<void>>();
  const following = async (storagePrefix: string, since: number): Promise<WatchCache> => {
    for (;;) {
      const cache = await atLeast(storagePrefix, store.revision);
      if (since >= cache.floor) return cache;
      // One at a time: who asks for less may find it there already.
      const before = reading.get(cache);
      const read = before ?? readOlder(cache, since, { store, signal: stop.signal });
      if (!before) reading.set(cache, read);
      try {
        await (before ? read.catch(() => {}) : read);
      } finally {
        if (!before) reading.delete(cache);
      }
    }
  };

  const bookmark = (): void => {
    for (const cache of caches.values()) cache.bookmark();
  };
  let timer: Timer;
  const tick = (): void => {
    bookmark();
    timer = clock.timer(bookmarkEvery, tick);
  };
  timer = clock.timer(bookmarkEvery, tick);
  const fed_ = feed();

  return {
    fresh: prefix => atLeast(prefix, store.revision),
    atLeast,
    following,
    entryOf(prefix, kv) {
      const held = caches.get(prefix)?.get(kv.key);
      return held?.revision === kv.modRevision ? held : new Entry(kv.key, kv.value, kv.modRevision);
    },
    bookmark,
    get watching() {
      let count = 0;
      for (const cache of caches.values()) count += cache.watching;
      return count;
    },
    sizes: () => Object.fromEntries([...caches].map(([prefix, cache]) => [prefix, cache.size])),
    async [Symbol.asyncDispose]() {
      timer.cancel();
      stop.abort();
      for (const waiter of waiting) waiter.resolve();
      waiting.clear();
      reset();
      await fed_;
    },
  };
}
