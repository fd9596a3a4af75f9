// Contract of informers; the implementation is reflector.ts (list, watch, resume) and cache.ts (objects, indexes, handlers).
import type { Resource } from '../api/resource.ts';
import type { Stored } from '../machinery/object.ts';

/** Calls come in the order of events, after the cache holds the new state. A throw is logged and counted, and stops nothing. */
export interface InformerHandler<T> {
  added?(object: Stored<T>): void;
  updated?(object: Stored<T>, previous: Stored<T>): void;
  /** The last known state. */
  deleted?(object: Stored<T>): void;
}

/** Reads of the cache, always synchronous; objects are shared and must not be changed. */
export interface Lister<T> {
  /** `key` as of `keyOf`. */
  get(key: string): Stored<T> | undefined;
  list(namespace?: string): Stored<T>[];
  /** Objects whose index function gave `value`; the index must have been added. */
  byIndex(index: string, value: string): Stored<T>[];
}

export interface Informer<T> extends Lister<T> {
  readonly resource: Resource<T>;
  /** Adds handlers; objects already in the cache are replayed as `added` at once. Returns what removes them. */
  addHandler(handler: InformerHandler<T>): () => void;
  /** Adds an index; asking again for the same name is no error. */
  addIndex(name: string, values: (object: Stored<T>) => string[]): void;
  /** True once the first list is in the cache. */
  readonly synced: boolean;
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** The resourceVersion the cache has come to. */
  readonly resourceVersion: string;
}

export interface InformerScope {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** One informer for each resource and scope, started when first asked for. Disposing ends all watches. */
export interface Informers extends AsyncDisposable {
  for<T>(resource: Resource<T>, scope?: InformerScope): Informer<T>;
  /** Resolves when all informers asked for so far have synced. */
  whenSynced(signal?: AbortSignal): Promise<void>;
}
