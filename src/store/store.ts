// The Store contract (see docs/architecture.md). Implementations: memory.ts, embedded.ts, later etcd. One case suite: cases.ts.

/** One key as it stood at some revision. `value` must not be changed by anyone. */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision at which the key came to be (since its last deletion). */
  readonly createRevision: number;
  /** Revision of the last write. */
  readonly modRevision: number;
}

export interface RangeResult {
  readonly kvs: readonly KeyValue[];
  /** True where `limit` cut the answer. */
  readonly more: boolean;
  /** All keys in the range, regardless of `limit`. */
  readonly count: number;
  /** The store's revision that the answer reflects. */
  readonly revision: number;
}

/** `modRevision` 0 means: the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

export type WriteOp =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string };

export interface TxnResult {
  readonly succeeded: boolean;
  /** The revision of the write when succeeded; the store's current revision otherwise. */
  readonly revision: number;
  /** When not succeeded: each compared key as it is now (`undefined` where it does not exist), in the order of `compare`. */
  readonly current: readonly (KeyValue | undefined)[];
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  /** For a delete: `value` is empty and `modRevision` the revision of the deletion. */
  readonly kv: KeyValue;
  /** What the key held before, if anything. */
  readonly previous: KeyValue | undefined;
}

/** All events of one revision together, or an empty batch that only says how far the watch has come (progress). */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

/** Thrown by `range` and `watch` for a revision that compaction has removed, or that lies ahead. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly compactRevision: number;
  constructor(compactRevision: number) {
    super(`required revision has been compacted (compacted up to ${compactRevision})`);
    this.compactRevision = compactRevision;
  }
}

/**
 * Ordered keys with one revision counter, compare-and-swap transactions and watches.
 * A resolved `txn` is durable as far as the implementation promises (memory: not; embedded: survives kill -9 and power loss).
 * Keys are ordered by their UTF-8 bytes.
 */
export interface Store extends AsyncDisposable {
  /** The newest revision; a fresh store starts at 1, the first write gives 2 (as etcd). */
  readonly revision: number;
  get(key: string): Promise<KeyValue | undefined>;
  /** Keys that start with `prefix`, from `start` (inclusive, a whole key) on; at an older `revision` if given and not compacted. */
  range(
    prefix: string,
    options?: { start?: string; limit?: number; revision?: number },
  ): Promise<RangeResult>;
  /** Applies all `writes` at one new revision if every compare holds. Deleting a key that is not there is no write. */
  txn(compare: readonly Compare[], writes: readonly WriteOp[]): Promise<TxnResult>;
  /**
   * Batches in order of revision, without gaps, for keys that start with `prefix`, from `fromRevision` (inclusive) on.
   * Ends when `signal` is aborted or the store is disposed; throws CompactedError as its first act if it cannot start there.
   */
  watch(prefix: string, options: { fromRevision: number; signal?: AbortSignal }): AsyncIterable<WatchBatch>;
  /** Forgets history up to and including `revision`; current values stay. */
  compact(revision: number): Promise<void>;
}
