// The garbage collector (upstream: pkg/controller/garbagecollector): objects go when all their owners are gone.
import { customresourcedefinitions } from '../../api/generated/resources/apiextensions.k8s.io.v1.ts';
import type { Resource } from '../../api/resource.ts';
import { createQueue } from '../../client/queue.ts';
import { runReflector } from '../../client/reflector.ts';
import { timeSlice } from '../../client/time-slice.ts';
import { sleep, type Timer } from '../../machinery/clock.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { isConflict } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { type ServedResource, type ServedResources, withVerbs } from '../common/resources.ts';
import { createCollector, UnknownKind } from './collect.ts';
import { Graph, type Node } from './graph.ts';

const workers = 20;
const syncLimitMs = 30_000;
const resourcesEveryMs = 30_000;
const orphanPrefix = 'orphan/';

interface Monitor {
  resource: ServedResource;
  stop: AbortController;
  ended: Promise<void>;
}

/** Resolves when every resource has been listed once (or half a minute has passed: what cannot be listed must not stop the rest). */
export async function startGarbageCollector(
  context: ControllerContext,
  resources: ServedResources,
): Promise<AsyncDisposable> {
  const { client, clock, metrics, random } = context;
  const logger = context.logger.child('garbagecollector');
  const events = context.recorder('garbage-collector-controller');
  const queue = createQueue({ clock, metrics, name: 'garbage_collector_attempt_to_delete' });
  const graph = new Graph({
    check: node => queue.add(node.uid),
    orphan: node => queue.add(orphanPrefix + node.uid),
    mismatch: (node, { apiVersion, kind, name, uid }) => {
      const owner = `[${apiVersion}/${kind}, namespace: ${node.namespace}, name: ${name}, uid: ${uid}]`;
      const message = `ownerRef ${owner} does not exist in namespace "${node.namespace}"`;
      const { apiVersion: version, kind: type, namespace } = node;
      const regarding = { apiVersion: version, kind: type, namespace, name: node.name, uid: node.uid };
      events.event(regarding, 'Warning', 'OwnerRefInvalidNamespace', message);
    },
  });
  const collector = createCollector(client, graph, resources, node => queue.add(node.uid));

  const monitors = new Map<string, Monitor>();
  const watchOne = (resource: ServedResource): Promise<void> => {
    const stop = new AbortController();
    const first = Promise.withResolvers<void>();
    const ended = runReflector({
      ...{ client, clock, random, metrics, scope: {}, signal: stop.signal },
      logger,
      resource: resource as Resource<KubeObject>,
      replace: (objects: readonly Stored<KubeObject>[]) => {
        graph.replace(resource, objects);
        first.resolve();
      },
      put: object => graph.put(resource, object),
      remove: object => graph.remove(object.metadata.uid),
      reached: () => {},
    });
    monitors.set(idOf(resource), { resource, stop, ended });
    return first.promise;
  };

  /** Follows what the server serves: new resources are watched, gone ones are forgotten. */
  const syncMonitors = (): Promise<void>[] => {
    const wanted = withVerbs(resources(), 'list', 'watch', 'delete').filter(
      ({ resource }) => resource !== 'events',
    );
    const ids = new Set(wanted.map(idOf));
    for (const [id, { resource, stop }] of monitors) {
      if (ids.has(id)) continue;
      stop.abort();
      monitors.delete(id);
      graph.forget(resource);
    }
    return wanted.filter(resource => !monitors.has(idOf(resource))).map(watchOne);
  };

  const slice = timeSlice(clock);
  const handle = async (key: string): Promise<void> => {
    const orphans = key.startsWith(orphanPrefix);
    const node: Node | undefined = graph.get(orphans ? key.slice(orphanPrefix.length) : key);
    if (!node) return;
    if (orphans) await collector.orphan(node);
    else await collector.check(node);
  };
  const work = async (): Promise<void> => {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await handle(key);
        queue.forget(key);
      } catch (error) {
        if (!isConflict(error) && !(error instanceof UnknownKind))
          logger.warn('could not collect', { key, error });
        queue.addRateLimited(key);
      }
      queue.done(key);
      await slice.spent();
    }
  };

  const synced = Promise.all(syncMonitors());
  const waiting = new AbortController();
  await Promise.race([synced, sleep(clock, syncLimitMs, waiting.signal).catch(() => {})]);
  waiting.abort();
  const working = Array.from({ length: workers }, work);

  let timer: Timer | undefined;
  const again = (): void => {
    timer?.cancel();
    timer = clock.timer(resourcesEveryMs, () => {
      void syncMonitors();
      again();
    });
  };
  again();
  // A new definition is served a moment after it is established, which changes its status.
  const unwatch = context.informers.for(customresourcedefinitions).addHandler({
    added: () => void syncMonitors(),
    updated: () => void syncMonitors(),
    deleted: () => void syncMonitors(),
  });

  return {
    async [Symbol.asyncDispose]() {
      unwatch();
      timer?.cancel();
      queue.shutDown();
      for (const { stop } of monitors.values()) stop.abort();
      await Promise.all([...working, ...[...monitors.values()].map(({ ended }) => ended)]);
    },
  };
}

const idOf = ({ group, resource }: Resource): string => `${resource}.${group}`;
