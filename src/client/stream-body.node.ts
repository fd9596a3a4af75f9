import type { Readable } from 'node:stream';
import { Fifo } from './fifo.ts';

/** Chunks held before the other side is asked to wait. */
const highWater = 64;

/**
 * The chunks of a stream. It listens from this very moment: a short HTTP/2 answer may have come and gone
 * (and its stream emptied into nothing) before a reader that waits for a promise gets its turn.
 */
export function streamBody(stream: Readable): AsyncIterable<Uint8Array> {
  const chunks = new Fifo<Uint8Array>();
  let complete = false;
  let failure: Error | undefined;
  let wake = (): void => {};
  stream.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk);
    if (chunks.length >= highWater) stream.pause();
    wake();
  });
  stream.once('end', () => {
    complete = true;
    wake();
  });
  stream.on('error', error => {
    failure ??= error;
    wake();
  });
  stream.once('close', () => {
    if (!complete) failure ??= new Error('the connection to the API server ended');
    wake();
  });

  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const chunk = chunks.shift();
          if (chunk) {
            if (chunks.length === 0 && stream.isPaused()) stream.resume();
            yield chunk;
          } else if (complete) return;
          else if (failure) throw failure;
          else {
            await new Promise<void>(resolve => {
              wake = resolve;
            });
          }
        }
      } finally {
        stream.destroy();
      }
    },
  };
}
