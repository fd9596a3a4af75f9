import { type Clock, sleep } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { RuntimeEvent } from '../runtime.ts';
import type { Connection } from './connection.ts';

interface Envelope {
  namespace: string;
  topic: string;
  event: { type_url: string; value: Uint8Array } | null;
}

const messages = 'containerd.services.events.v1';
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
          `${messages}.Events`,
          'Subscribe',
          { filters },
          envelope => {
            const event = read(connection, envelope);
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

/** A container has ended when the process is its own, not one that was executed in it. */
function read(connection: Connection, { topic, event }: Envelope): RuntimeEvent | undefined {
  if (!event) return undefined;
  if (topic === '/tasks/oom') {
    const { container_id: id } = connection.decode<{ container_id: string }>(
      `${messages}.TaskOOM`,
      event.value,
    );
    return { type: 'oom', id };
  }
  const exit = connection.decode<{ container_id: string; id: string }>(`${messages}.TaskExit`, event.value);
  return exit.container_id === exit.id ? { type: 'exit', id: exit.id } : undefined;
}
