import { type KubeObject, keyOf, type Stored } from '../machinery/object.ts';
import type { InformerHandler, Lister } from './informer.ts';

/** Objects by key, with indexes kept up to date by each change, and handlers called after it. */
export interface Cache<T> extends Lister<T> {
  /** Makes the cache hold exactly these objects; handlers hear of the differences only. */
  replace(objects: readonly Stored<T>[]): void;
  put(object: Stored<T>): void;
  remove(object: Stored<T>): void;
  addHandler(handler: InformerHandler<T>): () => void;
  addIndex(name: string, values: (object: Stored<T>) => string[]): void;
  readonly size: number;
}

interface Index<T> {
  values: (object: Stored<T>) => string[];
  entries: Map<string, Map<string, Stored<T>>>;
}

const namespaceIndex = 'namespace';

/** `failed` hears what handlers throw. */
export function createCache<T>(failed: (error: unknown) => void): Cache<T> {
  const objects = new Map<string, Stored<T>>();
  const indexes = new Map<string, Index<T>>();
  // Replaced on change, never changed in place: a handler added during a dispatch must not see that event twice.
  let handlers: readonly InformerHandler<T>[] = [];

  const enter = ({ values, entries }: Index<T>, key: string, object: Stored<T>): void => {
    for (const value of values(object)) {
      const bucket = entries.get(value);
      if (bucket) bucket.set(key, object);
      else entries.set(value, new Map([[key, object]]));
    }
  };
  const leave = ({ values, entries }: Index<T>, key: string, object: Stored<T>): void => {
    for (const value of values(object)) {
      const bucket = entries.get(value);
      if (bucket?.delete(key) && bucket.size === 0) entries.delete(value);
    }
  };
  const store = (key: string, object: Stored<T>, previous: Stored<T> | undefined): void => {
    for (const index of indexes.values()) {
      if (previous) leave(index, key, previous);
      enter(index, key, object);
    }
    objects.set(key, object);
  };
  const drop = (key: string, previous: Stored<T>): void => {
    for (const index of indexes.values()) leave(index, key, previous);
    objects.delete(key);
  };

  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      failed(error);
    }
  };
  const tellStored = (object: Stored<T>, previous: Stored<T> | undefined): void => {
    const recreated = previous !== undefined && previous.metadata.uid !== object.metadata.uid;
    for (const handler of handlers) {
      if (!previous) guarded(() => handler.added?.(object));
      else if (!recreated) guarded(() => handler.updated?.(object, previous));
      else {
        guarded(() => handler.deleted?.(previous));
        guarded(() => handler.added?.(object));
      }
    }
  };
  const tellRemoved = (object: Stored<T>): void => {
    for (const handler of handlers) guarded(() => handler.deleted?.(object));
  };

  const byIndex = (name: string, value: string): Stored<T>[] => {
    const index = indexes.get(name);
    if (!index) throw new Error(`there is no index "${name}"`);
    return [...(index.entries.get(value)?.values() ?? [])];
  };

  const addIndex = (name: string, values: (object: Stored<T>) => string[]): void => {
    if (indexes.has(name)) return;
    const index: Index<T> = { values, entries: new Map() };
    indexes.set(name, index);
    for (const [key, object] of objects) enter(index, key, object);
  };
  addIndex(namespaceIndex, object => [object.metadata.namespace ?? '']);

  return {
    get: key => objects.get(key),
    list: namespace => (namespace ? byIndex(namespaceIndex, namespace) : [...objects.values()]),
    byIndex,
    addIndex,
    addHandler(handler) {
      handlers = [...handlers, handler];
      for (const object of [...objects.values()]) guarded(() => handler.added?.(object));
      return () => {
        handlers = handlers.filter(other => other !== handler);
      };
    },
    put(object) {
      const key = keyOf(object as KubeObject);
      const previous = objects.get(key);
      store(key, object, previous);
      tellStored(object, previous);
    },
    remove(object) {
      const key = keyOf(object as KubeObject);
      const previous = objects.get(key);
      if (!previous) return;
      drop(key, previous);
      tellRemoved(object);
    },
    replace(list) {
      const fresh = new Map(list.map(object => [keyOf(object as KubeObject), object]));
      const removed = [...objects].filter(([key]) => !fresh.has(key));
      const changed: [Stored<T>, Stored<T> | undefined][] = [];
      for (const [key, previous] of removed) drop(key, previous);
      for (const [key, object] of fresh) {
        const previous = objects.get(key);
        if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
        store(key, object, previous);
        changed.push([object, previous]);
      }
      for (const [, previous] of removed) tellRemoved(previous);
      for (const [object, previous] of changed) tellStored(object, previous);
    },
    get size() {
      return objects.size;
    },
  };
}
