import { events as coreEvents } from '../api/generated/resources/core.v1.ts';
import { events as seriesEvents } from '../api/generated/resources/events.k8s.io.v1.ts';
import type { CoreV1Event, EventsV1Event, V1ObjectReference } from '../api/generated/types.ts';
import type { Resource } from '../api/resource.ts';
import type { KubeObject } from '../machinery/object.ts';
import { isAlreadyExists, isNotFound, StatusError } from '../machinery/status-error.ts';
import type { ComponentContext } from './component.ts';
import { createCorrelator } from './events-core.ts';
import { createSeries } from './events-series.ts';
import { createQueue } from './queue.ts';

export type EventType = 'Normal' | 'Warning';

/** What happened, before it is put into the form of one of the two APIs. */
export interface Occurrence {
  regarding: V1ObjectReference;
  related: V1ObjectReference | undefined;
  type: EventType;
  reason: string;
  message: string;
  action: string;
}

export interface EventRecorder extends AsyncDisposable {
  /** Never waits and never throws: what cannot be written is dropped. `about` is an object, or a reference where a field is meant. */
  event(
    about: KubeObject | V1ObjectReference,
    type: EventType,
    reason: string,
    message: string,
    more?: { action?: string; related?: KubeObject | V1ObjectReference },
  ): void;
}

export interface EventRecorderOptions {
  /** Upstream's name of who reports: `kubelet`, `replicaset-controller`, `default-scheduler`. */
  component: string;
  host?: string;
  /**
   * `core` (default): core/v1 with a count, similar ones combined, spam dropped; as the kubelet and most controllers.
   * `series`: events.k8s.io/v1; as the scheduler and kube-proxy.
   */
  style?: 'core' | 'series';
}

/** What is to be written for a key: the whole event the first time, then what changed. */
export interface EventWrite<T> {
  name: string;
  namespace: string;
  create: T;
  /** Absent: not to be written again. */
  patch: object | undefined;
}

/** Decides what to write; `write` gives the newest state of a key. */
export interface EventKeeper<T> {
  /** The key to write soon, if any. */
  observe(occurrence: Occurrence): string | undefined;
  write(key: string): EventWrite<T> | undefined;
  dispose(): void;
}

const retryMs = 10_000;
const maxTries = 12;
const maxWaiting = 1000;
const writers = 4;

/** A reference as events carry it. */
export function referenceTo(object: KubeObject, fieldPath?: string): V1ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
  const { apiVersion, kind } = object;
  return { apiVersion, kind, name, namespace, uid, resourceVersion, ...(fieldPath ? { fieldPath } : {}) };
}

const toReference = (about: KubeObject | V1ObjectReference): V1ObjectReference =>
  'metadata' in about && about.metadata ? referenceTo(about) : (about as V1ObjectReference);

/** Records Events in the background (client-go tools/record and tools/events). */
export function createEventRecorder(
  context: Pick<ComponentContext, 'client' | 'clock' | 'random' | 'logger'>,
  options: EventRecorderOptions,
): EventRecorder {
  const { client, clock } = context;
  const logger = context.logger.child('events');
  const queue = createQueue({ clock });
  const series = options.style === 'series';
  const resource = (series ? seriesEvents : coreEvents) as Resource<CoreV1Event | EventsV1Event>;
  const keeper: EventKeeper<CoreV1Event | EventsV1Event> = series
    ? createSeries(clock, options, key => queue.add(key))
    : createCorrelator(clock, options);
  const created = new Set<string>();
  const tries = new Map<string, number>();

  const send = async (key: string): Promise<void> => {
    const write = keeper.write(key);
    if (!write) return;
    const { name, namespace } = write;
    const id = `${namespace}/${name}`;
    if (created.has(id)) {
      if (!write.patch) return;
      try {
        await client.patch(resource, name, namespace, { type: 'merge', body: write.patch });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error; // Events expire on the server: then it is written anew.
      }
    }
    try {
      await client.create(resource, write.create);
    } catch (error) {
      if (!isAlreadyExists(error) || !write.patch) throw error;
      await client.patch(resource, name, namespace, { type: 'merge', body: write.patch });
    }
    if (created.size > 8192) created.clear();
    created.add(id);
  };

  const work = async (): Promise<void> => {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await send(key);
        tries.delete(key);
      } catch (error) {
        const count = (tries.get(key) ?? 0) + 1;
        // A refusal will not become a consent; only a server that does not answer is asked again.
        const lasting = error instanceof StatusError && error.code < 500 && error.code !== 429;
        if (lasting || count >= maxTries) {
          tries.delete(key);
          if (!isAlreadyExists(error)) logger.debug('event dropped', { error });
        } else {
          tries.set(key, count);
          queue.addAfter(key, retryMs);
        }
      }
      queue.done(key);
    }
  };
  const working = Array.from({ length: writers }, work);

  return {
    event(about, type, reason, message, more = {}) {
      if (queue.length > maxWaiting) return;
      const key = keeper.observe({
        regarding: toReference(about),
        related: more.related ? toReference(more.related) : undefined,
        type,
        reason,
        message,
        action: more.action ?? '',
      });
      if (key !== undefined) queue.add(key);
    },
    async [Symbol.asyncDispose]() {
      keeper.dispose();
      queue.shutDown();
      await Promise.all(working);
    },
  };
}
