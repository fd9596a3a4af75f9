import { groupResource, type Resource } from '../api/resource.ts';
import { type Clock, sleep } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { Stored } from '../machinery/object.ts';
import { type Random, randomInt } from '../machinery/random.ts';
import { isExpired, StatusError } from '../machinery/status-error.ts';
import { LoopBackoff } from './backoff.ts';
import type { Client } from './client.ts';
import type { InformerScope } from './informer.ts';

export interface ReflectorOptions<T> {
  client: Client;
  resource: Resource<T>;
  scope: InformerScope;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  signal: AbortSignal;
  /** Everything there is, as of `resourceVersion`. */
  replace(objects: readonly Stored<T>[], resourceVersion: string): void;
  put(object: Stored<T>): void;
  remove(object: Stored<T>): void;
  /** The state is now that of `resourceVersion`. */
  reached(resourceVersion: string): void;
}

const minWatchSeconds = 300;
const shortWatchMs = 1000;
/** A server that does not answer at all is tried more often: that costs it nothing, and it may be back at any moment. */
const unreachableMs = 2000;

/** Refusals after which the same revision may be asked for again; after others only a new list helps. */
const resumable = (error: unknown): boolean =>
  !(error instanceof StatusError) ||
  [401, 403, 429, 503].includes(error.code) ||
  (error.code === 500 && error.reason !== 'InternalError');

/**
 * Lists, then watches, and goes on for ever: resumes where a watch ended, lists anew when its revision is gone,
 * waits with jitter after errors (client-go tools/cache/reflector.go). Returns when `signal` is aborted.
 */
export async function runReflector<T>(options: ReflectorOptions<T>): Promise<void> {
  const { client, resource, scope, clock, random, signal, metrics } = options;
  const logger = options.logger.child('informer');
  const name = groupResource(resource);
  const labels = { name };
  const lists = metrics.counter('reflector_lists_total', 'Total number of API lists done by the reflectors', [
    'name',
  ]);
  const watches = metrics.counter(
    'reflector_watches_total',
    'Total number of API watches done by the reflectors',
    ['name'],
  );
  // Starts lower than client-go's 800 ms: at first start the API server is up within that time.
  const backoff = new LoopBackoff(random, { baseMs: 100 });
  let version = '';

  const list = async (): Promise<void> => {
    lists.add(1, labels);
    const answer = await client.list(resource, scope);
    if (signal.aborted) return;
    version = answer.metadata.resourceVersion;
    options.replace(answer.items, version);
  };

  const watch = async (): Promise<void> => {
    watches.add(1, labels);
    const started = clock.monotonic();
    let events = 0;
    const stream = client.watch(resource, {
      ...scope,
      resourceVersion: version,
      allowWatchBookmarks: true,
      timeoutSeconds: minWatchSeconds + randomInt(random, minWatchSeconds),
      signal,
    });
    for await (const { type, object } of stream) {
      if (signal.aborted) return;
      if (events++ === 0) backoff.reset();
      if (type === 'DELETED') options.remove(object);
      else if (type !== 'BOOKMARK') options.put(object);
      version = object.metadata.resourceVersion;
      options.reached(version);
    }
    if (events === 0 && clock.monotonic() - started < shortWatchMs && !signal.aborted) {
      throw new Error('the watch ended within a second and without an event');
    }
  };

  while (!signal.aborted) {
    try {
      if (!version) await list();
      if (!signal.aborted) await watch();
    } catch (error) {
      if (signal.aborted) return;
      const expired = isExpired(error);
      if (expired || !resumable(error)) version = '';
      if (expired) logger.debug('revision is gone, listing anew', { resource: name });
      else logger.warn('list or watch failed', { resource: name, error });
      const cap = error instanceof StatusError ? undefined : unreachableMs;
      await sleep(clock, backoff.next(clock.monotonic(), cap), signal).catch(() => {});
    }
  }
}
