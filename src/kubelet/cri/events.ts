import { type Clock, sleep } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { RuntimeEvent } from '../runtime.ts';
import type { Connection } from './connection.ts';

interface Envelope {
  namespace: string;
  topic: string;
  event: { type_url: string; value: Uint8Array } | null;
}

// The namespace in which containerd keeps what was made through CRI.
const filters = ['/tasks/exit', '/tasks/oom'].map(topic => `topic=="${topic}",namespace==k8s.io`);
const retryMs = 1000;

/**
 * Follows containerd's event stream until the returned function is called. When the stream breaks it is opened again, and a `lost`
 * event is sent, for what happened meanwhile is unknown. A runtime without that service gives `lost` once a second: polling.
 */
export function watchEvents(
  connection: Connection,
  clock: Clock,
  logger: Logger,
  handler: (event: RuntimeEvent) => void,
): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await connection.stream<Envelope>(
          'containerd.services.events.v1.Events',
          'Subscribe',
          { filters },
          envelope => {
            const event = decode(envelope);
            if (event) handler(event);
          },
          signal,
        );
      } catch (error) {
        logger.debug('runtime event stream ended', { error: String(error) });
      }
      if (signal.aborted) return;
      handler({ type: 'lost' });
      await sleep(clock, retryMs, signal).catch(() => {});
    }
  };
  void run();
  return () => abort.abort();
}

/** TaskExit has the container in field 1 and the process in field 2; the container has ended only if both are equal. */
function decode({ topic, event }: Envelope): RuntimeEvent | undefined {
  if (!event) return undefined;
  const fields = stringFields(event.value);
  const id = fields[1];
  if (!id) return undefined;
  if (topic === '/tasks/oom') return { type: 'oom', id };
  return fields[2] === id ? { type: 'exit', id } : undefined;
}

/** Length-delimited fields of a protobuf message, by number; stops at the first field of another type. */
function stringFields(bytes: Uint8Array): Record<number, string> {
  const fields: Record<number, string> = {};
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) !== 2) break;
    const length = varint();
    fields[tag >> 3] = new TextDecoder().decode(bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
}
