import { groupResource, type Resource } from '../api/resource.ts';
import type { Clock } from '../machinery/clock.ts';
import { type Logger, silentLogger } from '../machinery/logger.ts';
import { type Metrics, noMetrics } from '../machinery/metrics.ts';
import { type Random, seededRandom } from '../machinery/random.ts';
import { createCache } from './cache.ts';
import type { Client } from './client.ts';
import type { Informer, InformerScope, Informers } from './informer.ts';
import { runReflector } from './reflector.ts';

export interface InformersOptions {
  clock: Clock;
  logger?: Logger;
  metrics?: Metrics;
  /** For jitter of waits and of the watches' length. */
  random?: Random;
}

interface Running<T> {
  informer: Informer<T>;
  ended: Promise<void>;
}

/** Rejects with the signal's reason when that comes first. */
function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function startInformer<T>(
  client: Client,
  resource: Resource<T>,
  scope: InformerScope,
  options: Required<InformersOptions>,
  signal: AbortSignal,
): Running<T> {
  const { logger, metrics } = options;
  const failures = metrics.counter(
    'tsukube_informer_handler_failures_total',
    'How often a handler of an informer has thrown',
    ['resource'],
  );
  const cache = createCache<T>(error => {
    failures.add(1, { resource: groupResource(resource) });
    logger.error('informer handler failed', { resource: groupResource(resource), error });
  });
  const sync = Promise.withResolvers<void>();
  sync.promise.catch(() => {}); // Nobody need be waiting when informers are disposed of before they have synced.
  let synced = false;
  let version = '';

  const ended = runReflector<T>({
    ...options,
    client,
    resource,
    scope,
    signal,
    replace(objects, resourceVersion) {
      version = resourceVersion;
      cache.replace(objects);
      synced = true;
      sync.resolve();
    },
    put: object => cache.put(object),
    remove: object => cache.remove(object),
    reached: resourceVersion => {
      version = resourceVersion;
    },
  });
  const give = (): void => sync.reject(new Error(`informer of ${groupResource(resource)} was disposed of`));
  signal.addEventListener('abort', give, { once: true });

  const informer: Informer<T> = {
    resource,
    get: cache.get,
    list: cache.list,
    byIndex: cache.byIndex,
    addHandler: cache.addHandler,
    addIndex: cache.addIndex,
    whenSynced: wait => orAborted(sync.promise, wait),
    get synced() {
      return synced;
    },
    get resourceVersion() {
      return version;
    },
  };
  return { informer, ended };
}

/** Shared caches over a client. Each resource and scope is listed and watched once, however many ask for it. */
export function createInformers(client: Client, options: InformersOptions): Informers {
  const complete: Required<InformersOptions> = {
    logger: silentLogger,
    metrics: noMetrics,
    random: seededRandom(options.clock.now()),
    ...options,
  };
  const running = new Map<string, Running<unknown>>();
  const stop = new AbortController();

  return {
    for<T>(resource: Resource<T>, scope: InformerScope = {}): Informer<T> {
      const { group, version, resource: plural } = resource;
      const { namespace = '', labelSelector = '', fieldSelector = '' } = scope;
      const id = [group, version, plural, namespace, labelSelector, fieldSelector].join('|');
      let found = running.get(id);
      if (!found) {
        if (stop.signal.aborted) throw new Error('the informers have been disposed of');
        found = startInformer(client, resource, scope, complete, stop.signal) as Running<unknown>;
        running.set(id, found);
      }
      return found.informer as Informer<T>;
    },
    async whenSynced(signal) {
      await Promise.all([...running.values()].map(({ informer }) => informer.whenSynced(signal)));
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the informers have been disposed of'));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
