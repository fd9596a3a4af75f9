import type { Clock } from '../../machinery/clock.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { createSortedKeys } from '../../store/sorted-keys.ts';
import type { KeyValue, StoreEvent } from '../../store/store.ts';
import { Entry } from './entry.ts';
import { type CacheEvent, EventRing } from './events.ts';
import type { Selection } from './selection.ts';
import { Watcher, type WatchItem } from './watcher.ts';

/** All objects below one storage prefix as they stand at `revision`, with the events that led there and the watches that follow. */
export class WatchCache {
  /** `/registry/pods/`. */
  readonly prefix: string;
  /** Everything up to this revision is in. */
  revision: number;
  #clock: Clock;
  #entries = new Map<string, Entry>();
  #keys = createSortedKeys();
  #ring: EventRing;
  #watchers = new Map<string, Set<Watcher>>();

  constructor(prefix: string, kvs: readonly KeyValue[], revision: number, clock: Clock) {
    this.prefix = prefix;
    this.revision = revision;
    this.#clock = clock;
    this.#ring = new EventRing(revision);
    for (const kv of kvs) {
      this.#entries.set(kv.key, new Entry(kv.key, kv.value, kv.modRevision));
      this.#keys.add(kv.key);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Entries whose keys start with `prefix`, in order, from `start` on. */
  *range(prefix: string, start?: string): Generator<Entry> {
    for (const key of this.#keys.range(prefix, start)) yield this.#entries.get(key)!;
  }

  count(prefix: string, start?: string): number {
    return this.#keys.count(prefix, start);
  }

  /** Takes in one write; `kv` may be older than the cache, then nothing happens. */
  apply({ type, kv }: StoreEvent): void {
    const { key, modRevision } = kv;
    if (modRevision <= this.revision) return;
    const previous = this.#entries.get(key);
    let event: CacheEvent;
    const time = this.#clock.monotonic();
    if (type === 'delete') {
      if (!previous) return;
      this.#entries.delete(key);
      this.#keys.delete(key);
      event = { type: 'DELETED', revision: modRevision, entry: previous.at(modRevision), previous, time };
    } else {
      const entry = new Entry(key, kv.value, modRevision);
      this.#entries.set(key, entry);
      if (!previous) this.#keys.add(key);
      event = { type: previous ? 'MODIFIED' : 'ADDED', revision: modRevision, entry, previous, time };
    }
    this.#ring.push(event);
    this.#tell('', event);
    const slash = key.indexOf('/', this.prefix.length);
    if (slash > 0) this.#tell(key.slice(this.prefix.length, slash), event);
  }

  /** Watches can start at this revision or later. */
  get floor(): number {
    return this.#ring.floor;
  }

  /** Lets watches start at `floor`: `history` has, in order, all events after it, at least up to the floor so far. */
  prepend(floor: number, history: readonly StoreEvent[]): void {
    const time = this.#clock.monotonic();
    const known = new Map<string, Entry>();
    const entryOf = ({ key, value, modRevision }: KeyValue): Entry => {
      const held = known.get(key) ?? this.#entries.get(key);
      return held?.revision === modRevision ? held : new Entry(key, value, modRevision);
    };
    const events: CacheEvent[] = [];
    for (const { type, kv, previous: before } of history) {
      const { key, modRevision: revision } = kv;
      if (revision > this.#ring.floor) break;
      const previous = before && entryOf(before);
      if (type === 'put') {
        const entry = entryOf(kv);
        known.set(key, entry);
        events.push({ type: previous ? 'MODIFIED' : 'ADDED', revision, entry, previous, time });
      } else if (previous) {
        known.delete(key);
        events.push({ type: 'DELETED', revision, entry: previous.at(revision), previous, time });
      }
    }
    this.#ring.prepend(floor, events);
  }

  #tell(namespace: string, event: CacheEvent): void {
    for (const watcher of this.#watchers.get(namespace) ?? []) watcher.offer(event);
  }

  /**
   * A watch from `since` on: 0 sends the present objects first as ADDED. With `initialEnd`, a bookmark then says that these are all.
   * Throws Expired when events after `since` are gone.
   */
  watch(
    selection: Selection,
    options: { since: number; bookmarks: boolean; initialEnd: boolean; initial: boolean },
  ): Watcher {
    const { registration, namespace } = selection;
    const initial: WatchItem[] = [];
    let from = this.revision;
    if (options.initial) {
      for (const entry of this.select(selection))
        initial.push({ type: 'ADDED', view: entry.view(registration) });
      if (options.initialEnd) initial.push({ type: 'BOOKMARK', revision: this.revision, initial: true });
    } else from = options.since;
    const group = registration.namespaced ? namespace : '';
    const watcher = new Watcher(selection, {
      bookmarks: options.bookmarks,
      initial,
      revision: from,
      onClose: () => {
        const set = this.#watchers.get(group);
        set?.delete(watcher);
        if (set?.size === 0) this.#watchers.delete(group);
      },
    });
    if (from < this.revision) {
      const missed = this.#ring.since(from);
      if (!missed) throw tooOld(from, this.#ring.floor);
      const prefix = this.prefixOf(namespace);
      for (const event of missed) if (event.entry.key.startsWith(prefix)) watcher.offer(event);
    }
    let set = this.#watchers.get(group);
    if (!set) this.#watchers.set(group, (set = new Set()));
    set.add(watcher);
    return watcher;
  }

  prefixOf(namespace: string): string {
    return namespace ? `${this.prefix}${namespace}/` : this.prefix;
  }

  /** Entries that a selection matches, in order. */
  *select(selection: Selection, start?: string): Generator<Entry> {
    const { registration, namespace, name } = selection;
    const prefix = this.prefixOf(namespace);
    if (name !== undefined && (namespace || !registration.namespaced)) {
      const entry = this.#entries.get(prefix + name);
      if (entry && (!start || entry.key >= start) && selection.matches(entry.view(registration).object))
        yield entry;
      return;
    }
    for (const entry of this.range(prefix, start)) {
      if (selection.whole || selection.matches(entry.view(registration).object)) yield entry;
    }
  }

  /** Tells all watches that asked for bookmarks how far they have come. */
  bookmark(): void {
    for (const set of this.#watchers.values()) for (const watcher of set) watcher.bookmark(this.revision);
  }

  get watching(): number {
    let count = 0;
    for (const set of this.#watchers.values()) count += set.size;
    return count;
  }

  /** Cuts all watches; they resume elsewhere or list anew. */
  close(): void {
    for (const set of [...this.#watchers.values()]) for (const watcher of [...set]) watcher.close();
  }
}

/** Upstream's 410 for a watch whose events are gone. */
export const tooOld = (asked: number, oldest: number): StatusError =>
  new StatusError('Expired', `too old resource version: ${asked} (${oldest})`);
