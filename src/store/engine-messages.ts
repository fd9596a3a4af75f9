// What the embedded store and its worker say to each other.
import type { StoreErrorCode } from './errors.ts';
import type { Compare, KeyValue, WatchBatch, WriteOp } from './store.ts';

export type EngineWrite = WriteOp;
export type EngineKeyValue = KeyValue;

export interface EngineTxn {
  compare: readonly Compare[];
  writes: readonly EngineWrite[];
}

export interface EngineTxnResult {
  succeeded: boolean;
  revision: number;
  current: (EngineKeyValue | undefined)[];
  /** One for each write that changed something; `index` is its place in the transaction's writes. */
  events: { index: number; createRevision: number; previous: EngineKeyValue | undefined }[];
}

/** A range as columns, its values end to end in one buffer: cheap to hand over between threads. */
export interface EngineRange {
  keys: string[];
  created: number[];
  modified: number[];
  lengths: number[];
  values: Uint8Array;
  count: number;
  revision: number;
}

export interface WorkerOptions {
  directory: string;
  fsync: boolean;
  history: number;
}

/** What each request is answered with. */
export interface Calls {
  open: { ask: WorkerOptions; answer: { revision: number } };
  batch: { ask: { txns: EngineTxn[] }; answer: EngineTxnResult[] };
  get: { ask: { key: string }; answer: EngineKeyValue | undefined };
  range: {
    ask: { prefix: string; start?: string; limit?: number; revision?: number };
    answer: EngineRange;
  };
  history: { ask: { fromRevision: number }; answer: WatchBatch[] };
  compact: { ask: { revision: number }; answer: undefined };
  close: { ask: Record<string, never>; answer: undefined };
}

export type CallName = keyof Calls;
export type Request = { [Name in CallName]: { id: number; call: Name; ask: Calls[Name]['ask'] } }[CallName];

export type Failure =
  | { kind: 'compacted'; revision: number }
  | { kind: 'store'; code: StoreErrorCode; message: string };

export type Reply = { id: number; answer: unknown } | { id: number; failure: Failure };
