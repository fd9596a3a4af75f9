import { configmaps, secrets } from '../api/generated/resources/core.v1.ts';
import type { V1ConfigMap, V1Container, V1Pod, V1Secret } from '../api/generated/types.ts';
import type { Resource } from '../api/resource.ts';
import type { ComponentContext } from '../client/component.ts';
import { sleep } from '../machinery/clock.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import { isNotFound } from '../machinery/status-error.ts';
import type { References } from './container/environment.ts';
import { allContainers, ephemeralContainers } from './spec.ts';

interface Entry<T> {
  users: Set<string>;
  object: Stored<T> | undefined;
  loaded: Promise<void>;
  abort: AbortController;
}

const retryMs = 1000;

/**
 * Objects that Pods refer to by name, each watched on its own while a Pod uses it, as the Node authorizer allows
 * (upstream: pkg/kubelet/util/manager, the watching one).
 */
class WatchedObjects<T extends KubeObject> {
  readonly #resource: Resource<T>;
  readonly #context: ComponentContext;
  readonly #changed: (podUids: Iterable<string>) => void;
  readonly #entries = new Map<string, Entry<T>>();
  #closed = false;

  constructor(
    resource: Resource<T>,
    context: ComponentContext,
    changed: (podUids: Iterable<string>) => void,
  ) {
    this.#resource = resource;
    this.#context = context;
    this.#changed = changed;
  }

  /** Resolves when each of the names has been asked for once; throws what the API server refused with, but for NotFound. */
  async use(podUid: string, namespace: string, names: Iterable<string>): Promise<void> {
    if (this.#closed) return;
    const loads: Promise<void>[] = [];
    for (const name of names) {
      const key = `${namespace}/${name}`;
      let entry = this.#entries.get(key);
      if (!entry) {
        entry = {
          users: new Set(),
          object: undefined,
          loaded: Promise.resolve(),
          abort: new AbortController(),
        };
        this.#entries.set(key, entry);
        entry.loaded = this.#load(entry, name, namespace);
        entry.loaded.catch(() => this.#drop(key));
      }
      entry.users.add(podUid);
      loads.push(entry.loaded);
    }
    await Promise.all(loads);
  }

  get(namespace: string, name: string): Stored<T> | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.object;
  }

  release(podUid: string): void {
    for (const [key, entry] of this.#entries)
      if (entry.users.delete(podUid) && entry.users.size === 0) this.#drop(key);
  }

  close(): void {
    this.#closed = true;
    for (const key of this.#entries.keys()) this.#drop(key);
  }

  #drop(key: string): void {
    this.#entries.get(key)?.abort.abort();
    this.#entries.delete(key);
  }

  async #load(entry: Entry<T>, name: string, namespace: string): Promise<void> {
    let revision = '';
    try {
      entry.object = await this.#context.client.get(this.#resource, name, namespace);
      revision = entry.object.metadata.resourceVersion;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    void this.#follow(entry, name, namespace, revision);
  }

  async #follow(entry: Entry<T>, name: string, namespace: string, revision: string): Promise<void> {
    const { client, clock, logger } = this.#context;
    const { signal } = entry.abort;
    const scope = { namespace, fieldSelector: `metadata.name=${name}` };
    const set = (object: Stored<T> | undefined): void => {
      if (object?.metadata.resourceVersion === entry.object?.metadata.resourceVersion) return;
      entry.object = object;
      this.#changed(entry.users);
    };
    let resourceVersion = revision;
    while (!signal.aborted) {
      try {
        if (!resourceVersion) {
          const list = await client.list(this.#resource, scope);
          set(list.items[0]);
          ({ resourceVersion } = list.metadata);
        }
        const events = client.watch(this.#resource, {
          ...scope,
          resourceVersion,
          allowWatchBookmarks: true,
          signal,
        });
        for await (const event of events) {
          resourceVersion = event.object.metadata.resourceVersion;
          if (event.type !== 'BOOKMARK') set(event.type === 'DELETED' ? undefined : event.object);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.debug('watch of a referred object ended', { namespace, name, error });
        resourceVersion = '';
        await sleep(clock, retryMs, signal).catch(() => {});
      }
    }
  }
}

/** The ConfigMaps and Secrets that a Pod needs to run. */
export function referencesOf(pod: V1Pod): { configMaps: Set<string>; secrets: Set<string> } {
  const configMaps = new Set<string>();
  const secretNames = new Set<string>();
  const add = (set: Set<string>, name: string | undefined): void => {
    if (name) set.add(name);
  };
  const ofContainer = (container: V1Container): void => {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add(configMaps, configMapRef?.name);
      add(secretNames, secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secretNames, valueFrom?.secretKeyRef?.name);
    }
  };
  for (const volume of pod.spec?.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secretNames, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secretNames, source.secret?.name);
    }
  }
  for (const { name } of pod.spec?.imagePullSecrets ?? []) add(secretNames, name);
  allContainers(pod).forEach(ofContainer);
  ephemeralContainers(pod).forEach(ofContainer);
  return { configMaps, secrets: secretNames };
}

/** The referred objects of all Pods of this node. */
export interface PodReferences {
  /** Loads what the Pod refers to and keeps it fresh until `release`. */
  use(pod: Stored<V1Pod>): Promise<void>;
  of(pod: Stored<V1Pod>): References;
  release(podUid: string): void;
  close(): void;
}

/** `changed` is called with the Pods that refer to an object which is new, gone or different. */
export function createReferences(
  context: ComponentContext,
  changed: (podUids: Iterable<string>) => void,
): PodReferences {
  const configMaps = new WatchedObjects<V1ConfigMap>(configmaps, context, changed);
  const secretObjects = new WatchedObjects<V1Secret>(secrets, context, changed);
  return {
    async use(pod) {
      const { uid, namespace = '' } = pod.metadata;
      const needed = referencesOf(pod);
      await Promise.all([
        configMaps.use(uid, namespace, needed.configMaps),
        secretObjects.use(uid, namespace, needed.secrets),
      ]);
    },
    of({ metadata: { namespace = '' } }) {
      return {
        configMap: name => configMaps.get(namespace, name),
        secret: name => secretObjects.get(namespace, name),
      };
    },
    release(podUid) {
      configMaps.release(podUid);
      secretObjects.release(podUid);
    },
    close() {
      configMaps.close();
      secretObjects.close();
    },
  };
}
