// The typed client. Implementations: in-process (src/apiserver/local-client.ts) and HTTP (src/client/http-client.ts); the same cases run on both.
import type { V1DeleteOptions, V1ListMeta } from '../api/generated/types.ts';
import type { Resource } from '../api/resource.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';

export interface ListOptions {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface List<T> {
  apiVersion: string;
  kind: string;
  metadata: V1ListMeta & { resourceVersion: string };
  items: Stored<T>[];
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Stored<T> }
  /** Only `metadata.resourceVersion` (and the initial-events-end annotation) is meaningful. */
  | { type: 'BOOKMARK'; object: Stored<T> };

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface Patch {
  type: PatchType;
  /** An array of operations for `json`, a partial object otherwise. */
  body: unknown;
}

export interface PatchOptions extends WriteOptions {
  subresource?: string;
  /** Only for `apply`. */
  force?: boolean;
}

/**
 * A Kubernetes API as its users see it. Every refusal is thrown as a StatusError. Returned objects are shared: never change them.
 * A watch ends (returns) when the server closes it or `signal` is aborted, and throws StatusError `Expired` when its revision is gone.
 */
export interface Client {
  get<T>(resource: Resource<T>, name: string, namespace?: string): Promise<Stored<T>>;
  list<T>(resource: Resource<T>, options?: ListOptions): Promise<List<T>>;
  watch<T>(resource: Resource<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  updateStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  patch<T>(
    resource: Resource<T>,
    name: string,
    namespace: string | undefined,
    patch: Patch,
    options?: PatchOptions,
  ): Promise<Stored<T>>;
  delete<T>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options?: V1DeleteOptions,
  ): Promise<void>;
  deleteCollection<T>(resource: Resource<T>, list: ListOptions, options?: V1DeleteOptions): Promise<void>;
  /** Any other subresource (`scale`, `binding`, `eviction`, `token`, `finalize`, `approval`); the body's and answer's type is the caller's business. */
  subresource<A>(
    method: 'get' | 'create' | 'update',
    resource: Resource,
    name: string,
    namespace: string | undefined,
    subresource: string,
    body?: unknown,
  ): Promise<A>;
}
