// The thread in which the embedded store waits for its disk.
import { parentPort } from 'node:worker_threads';
import type { Failure, Reply, Request } from './engine-messages.ts';
import { StoreError } from './errors.ts';
import { createEngine, type Engine } from './sqlite-engine.ts';
import { openDatabase, translateError } from './sqlite-schema.ts';
import { CompactedError } from './store.ts';

let engine: Engine | undefined;
let directory = '';

function answer(request: Request): unknown {
  if (request.call === 'open') {
    directory = request.ask.directory;
    const database = openDatabase(directory, { fsync: request.ask.fsync, create: true });
    engine = createEngine(database, request.ask.history);
    return { revision: engine.revision };
  }
  if (!engine) throw new StoreError('closed', 'the store is closed');
  switch (request.call) {
    case 'batch':
      return engine.batch(request.ask.txns);
    case 'get':
      return engine.get(request.ask.key);
    case 'range':
      return engine.range(request.ask.prefix, request.ask);
    case 'history':
      return engine.history(request.ask.fromRevision);
    case 'compact':
      return engine.compact(request.ask.revision);
    case 'close':
      engine.close();
      engine = undefined;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof CompactedError) return { kind: 'compacted', revision: error.compactRevision };
  const translated = translateError(error, directory);
  const code = translated instanceof StoreError ? translated.code : 'failed';
  return { kind: 'store', code, message: translated.message };
}

parentPort?.on('message', (request: Request) => {
  let reply: Reply;
  try {
    reply = { id: request.id, answer: answer(request) };
  } catch (error) {
    reply = { id: request.id, failure: failureOf(error) };
  }
  const packed = request.call === 'range' && 'answer' in reply ? reply.answer : undefined;
  const transfer =
    packed && typeof packed === 'object' && 'values' in packed && packed.values instanceof Uint8Array
      ? [packed.values.buffer as ArrayBuffer]
      : [];
  parentPort?.postMessage(reply, transfer);
});
