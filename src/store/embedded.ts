import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CallName, Calls, EngineRange, EngineTxn, EngineTxnResult, Reply } from './engine-messages.ts';
import { StoreError } from './errors.ts';
import { createHistory } from './history.ts';
import { checkWrites } from './memory.ts';
import type { KeyValue, Store, StoreEvent, TxnResult } from './store.ts';
import { CompactedError } from './store.ts';

export interface EmbeddedStoreOptions {
  /** Made if need be. One process at a time may have it open. */
  directory: string;
  /** Default true. False, for tests: survives the end of the process, not that of the machine. */
  fsync?: boolean;
  /** Revisions kept for watches and reads of the past, also across restarts. Default 5,000. */
  history?: number;
}

/** The most recent events are held in memory too: enough for watchers that are a moment behind. */
const heldEvents = 1_000;
const heldBytes = 2 * 1024 * 1024;
/** Transactions of one commit at most, so that none waits for too many others. */
const batchLimit = 512;

const nothing = new Uint8Array(0);

interface PendingTxn extends EngineTxn {
  resolve(result: TxnResult): void;
  reject(error: unknown): void;
}

/** A view on a larger buffer would be handed to the worker with all of that buffer. */
const own = (value: Uint8Array): Uint8Array =>
  value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);

function unpack(range: EngineRange): KeyValue[] {
  let offset = 0;
  return range.keys.map((key, i) => {
    const value = range.values.subarray(offset, (offset += range.lengths[i]!));
    return { key, value, createRevision: range.created[i]!, modRevision: range.modified[i]! };
  });
}

function eventsOf(txn: EngineTxn, result: EngineTxnResult): StoreEvent[] {
  return result.events.map(({ index, createRevision, previous }) => {
    const write = txn.writes[index]!;
    const value = write.type === 'put' ? write.value : nothing;
    const kv = { key: write.key, value, createRevision, modRevision: result.revision };
    return { type: write.type, kv, previous };
  });
}

/** A thread does not share the process's compile cache by itself, and compiling TypeScript again would cost it 24 MB and 100 ms. */
const bootWorker = `
const { workerData } = require('node:worker_threads');
if (workerData.cache) require('node:module').enableCompileCache(workerData.cache);
import(workerData.url);`;

/** Calls into the worker, answered in order. Keeps the process alive only while a call is open. */
function startWorker() {
  // The compiled package has .js beside it.
  const file = import.meta.url.endsWith('.ts') ? './embedded-worker.ts' : './embedded-worker.js';
  const cache = getCompileCacheDir();
  const worker = new Worker(bootWorker, {
    eval: true,
    workerData: { url: new URL(file, import.meta.url).href, cache: cache && dirname(cache) },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const open = new Map<number, { resolve(answer: unknown): void; reject(error: unknown): void }>();
  let failure: Error | undefined;
  let next = 1;

  const fail = (cause: unknown): void => {
    failure ??= new StoreError('failed', 'the store has stopped', { cause });
    for (const call of open.values()) call.reject(failure);
    open.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(undefined));
  worker.on('message', (reply: Reply) => {
    const call = open.get(reply.id);
    open.delete(reply.id);
    if (open.size === 0) worker.unref();
    if ('answer' in reply) call?.resolve(reply.answer);
    else if (reply.failure.kind === 'compacted') call?.reject(new CompactedError(reply.failure.revision));
    else call?.reject(new StoreError(reply.failure.code, reply.failure.message));
  });
  worker.unref();

  return {
    call<Name extends CallName>(name: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']> {
      if (failure) return Promise.reject(failure);
      const id = next++;
      if (open.size === 0) worker.ref();
      return new Promise((resolve, reject) => {
        open.set(id, { resolve: answer => resolve(answer as Calls[Name]['answer']), reject });
        worker.postMessage({ id, call: name, ask });
      });
    },
    async stop(): Promise<void> {
      failure ??= new StoreError('closed', 'the store is closed');
      await worker.terminate();
    },
  };
}

/**
 * A store in a folder (SQLite in a worker). A resolved `txn` survives kill -9 and power loss. Transactions that arrive while
 * the disk is busy are committed together. Throws StoreError: `locked`, `newer`, `corrupt`, `full` or `failed`.
 * After `full` the refused transactions have changed nothing and the store goes on; after `failed` it must be opened again.
 */
export async function createEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const worker = startWorker();
  let revision: number;
  try {
    const { directory, fsync = true, history: kept = 5_000 } = options;
    ({ revision } = await worker.call('open', { directory, fsync, history: kept }));
  } catch (error) {
    await worker.stop();
    throw error;
  }
  const history = createHistory({
    revision,
    limit: heldEvents,
    byteLimit: heldBytes,
    older: fromRevision => worker.call('history', { fromRevision }),
  });
  const queue: PendingTxn[] = [];
  let committing: Promise<void> | undefined;
  let ended: StoreError | undefined;

  const settle = (txn: PendingTxn, result: EngineTxnResult): void => {
    if (result.events.length > 0) {
      history.append({ revision: result.revision, events: eventsOf(txn, result) });
    }
    txn.resolve({ succeeded: result.succeeded, revision: result.revision, current: result.current });
  };

  const commitAll = async (): Promise<void> => {
    // One turn of the microtask queue lets writers of this moment share the first commit.
    await undefined;
    while (queue.length > 0) {
      const batch = queue.splice(0, batchLimit);
      try {
        const txns = batch.map(({ compare, writes }) => ({ compare, writes: writes.map(ownWrite) }));
        const results = await worker.call('batch', { txns });
        for (const [i, txn] of batch.entries()) settle(txn, results[i]!);
      } catch (error) {
        // What a failed disk holds is unknown until it is opened again; a full one has rolled back.
        if (error instanceof StoreError && error.code !== 'full') ended ??= error;
        for (const txn of batch) txn.reject(error);
      }
    }
    committing = undefined;
  };

  const check = (): void => {
    if (ended) throw ended;
  };

  return {
    get revision() {
      return history.revision;
    },
    async get(key) {
      check();
      return worker.call('get', { key });
    },
    async range(prefix, rangeOptions = {}) {
      check();
      const range = await worker.call('range', { prefix, ...rangeOptions });
      return {
        kvs: unpack(range),
        more: range.count > range.keys.length,
        count: range.count,
        revision: range.revision,
      };
    },
    async txn(compare, writes) {
      check();
      checkWrites(writes);
      return new Promise((resolve, reject) => {
        queue.push({ compare, writes, resolve, reject });
        committing ??= commitAll();
      });
    },
    watch: history.watch,
    async compact(upTo) {
      check();
      await worker.call('compact', { revision: upTo });
      history.forget(upTo);
    },
    async [Symbol.asyncDispose]() {
      const first = ended?.code !== 'closed';
      ended = new StoreError('closed', 'the store is closed');
      history.close();
      if (!first) return;
      await committing;
      await worker.call('close', {}).catch(() => {});
      await worker.stop();
    },
  };
}

const ownWrite = (write: EngineTxn['writes'][number]): EngineTxn['writes'][number] =>
  write.type === 'put' ? { type: 'put', key: write.key, value: own(write.value) } : write;
