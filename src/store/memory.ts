import { StoreError } from './errors.ts';
import { createHistory } from './history.ts';
import { createSortedKeys } from './sorted-keys.ts';
import type { KeyValue, Store, StoreEvent, WriteOp } from './store.ts';
import { CompactedError } from './store.ts';

export interface MemoryStoreOptions {
  /** Events kept for watches and reads of the past. Default 10,000. */
  history?: number;
}

const nothing = new Uint8Array(0);

/** Far beyond what anyone writes at once; it bounds how rows of one revision are numbered on disk. */
const mostWrites = 65_535;

/** Refuses two writes of one key in one transaction, which would have no order, and transactions beyond all measure. */
export function checkWrites(writes: readonly WriteOp[]): void {
  if (writes.length > mostWrites) throw new TypeError(`a transaction has at most ${mostWrites} writes`);
  if (writes.length > 1 && new Set(writes.map(write => write.key)).size < writes.length) {
    throw new TypeError('a transaction writes each key once');
  }
}

/** A store that lives and dies with its process. Values are kept as given, not copied. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const keys = createSortedKeys();
  const values = new Map<string, KeyValue>();
  const history = createHistory({ revision: 1, limit: options.history ?? 10_000 });
  let closed = false;

  const open = (): void => {
    if (closed) throw new StoreError('closed', 'the store is closed');
  };

  const apply = (write: WriteOp, revision: number): StoreEvent | undefined => {
    const { key } = write;
    const previous = values.get(key);
    if (write.type === 'delete') {
      if (!previous) return undefined;
      values.delete(key);
      keys.delete(key);
      return {
        type: 'delete',
        kv: { key, value: nothing, createRevision: 0, modRevision: revision },
        previous,
      };
    }
    const createRevision = previous?.createRevision ?? revision;
    const kv: KeyValue = { key, value: write.value, createRevision, modRevision: revision };
    values.set(key, kv);
    if (!previous) keys.add(key);
    return { type: 'put', kv, previous };
  };

  /** What changed since `revision`, as it was then. */
  const pastOf = (revision: number, prefix: string): Map<string, KeyValue | undefined> => {
    const past = new Map<string, KeyValue | undefined>();
    for (const batch of history.newestFirst(revision)) {
      for (const { kv, previous } of batch.events) if (kv.key.startsWith(prefix)) past.set(kv.key, previous);
    }
    return past;
  };

  return {
    get revision() {
      return history.revision;
    },
    async get(key) {
      open();
      return values.get(key);
    },
    async range(prefix, { start, limit = 0, revision = 0 } = {}) {
      open();
      if (revision > history.revision || (revision > 0 && revision < history.floor)) {
        throw new CompactedError(history.floor);
      }
      const kvs: KeyValue[] = [];
      if (revision === 0 || revision === history.revision) {
        for (const key of keys.range(prefix, start)) {
          if (limit > 0 && kvs.length === limit) break;
          kvs.push(values.get(key)!);
        }
        const count = keys.count(prefix, start);
        return { kvs, more: count > kvs.length, count, revision: history.revision };
      }
      const past = pastOf(revision, prefix);
      const names = createSortedKeys();
      for (const key of keys.range(prefix, start)) if (!past.has(key)) names.add(key);
      for (const [key, kv] of past) if (kv) names.add(key);
      for (const key of names.range(prefix, start)) {
        if (limit > 0 && kvs.length === limit) break;
        kvs.push(past.get(key) ?? values.get(key)!);
      }
      const count = names.count(prefix, start);
      return { kvs, more: count > kvs.length, count, revision };
    },
    async txn(compare, writes) {
      open();
      checkWrites(writes);
      if (compare.some(({ key, modRevision }) => (values.get(key)?.modRevision ?? 0) !== modRevision)) {
        const current = compare.map(({ key }) => values.get(key));
        return { succeeded: false, revision: history.revision, current };
      }
      const revision = history.revision + 1;
      const events: StoreEvent[] = [];
      for (const write of writes) {
        const event = apply(write, revision);
        if (event) events.push(event);
      }
      if (events.length > 0) history.append({ revision, events });
      return { succeeded: true, revision: history.revision, current: [] };
    },
    watch: history.watch,
    async compact(revision) {
      open();
      history.forget(revision);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      history.close();
    },
  };
}
