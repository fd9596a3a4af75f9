// An in-memory Client for unit tests of controllers. It has the semantics that controllers lean on (revisions, conflicts, status apart
// from spec, finalizers, grace, watches that expire), but no defaults, no validation, no admission: tests of those use the real API server.
import type { Resource } from '../api/resource.ts';
import type { Clock } from '../machinery/clock.ts';
import { type KubeObject, keyOf, type Stored } from '../machinery/object.ts';
import { type Random, seededRandom } from '../machinery/random.ts';
import { badRequest, expired } from '../machinery/status-errors.ts';
import type { Client, List, ListOptions, Patch, WatchEvent, WatchOptions, WriteOptions } from './client.ts';
import { jsonPatch, mergePatch } from './fake-patch.ts';
import { type Any, type Change, FakeStore, resourceId, selects } from './fake-store.ts';
import { answerSubresource } from './fake-subresources.ts';

export interface FakeRequest {
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  resource: Resource;
  subresource: string;
  namespace: string | undefined;
  name: string;
  body: unknown;
}

export interface FakeClient extends Client {
  /** Every request so far, in order. */
  readonly requests: FakeRequest[];
  /** Called before each request; what it throws is the request's answer, and a promise delays it. Returns what removes it. */
  before(hook: (request: FakeRequest) => void | Promise<void>): () => void;
  /** Creates at once, outside of `requests` and hooks. */
  seed<T extends KubeObject>(resource: Resource<T>, object: T): Stored<T>;
  /** All objects of a resource now, by key; outside of `requests` and hooks. */
  all<T>(resource: Resource<T>, namespace?: string): Stored<T>[];
  /** Ends all watches as a server does that restarts; with `expire`, none can be resumed at an old revision. */
  breakWatches(options?: { expire?: boolean }): void;
}

const withStatusOf = (object: KubeObject, old: Any): KubeObject => {
  const { status } = old as { status?: unknown };
  const merged = { ...object, status } as KubeObject & { status?: unknown };
  if (status === undefined) delete merged.status;
  return merged;
};
const onlyStatusOf = (object: KubeObject, old: Any): KubeObject =>
  ({ ...old, status: (object as { status?: unknown }).status }) as KubeObject;

function patched(copy: Any, { type, body }: Patch): KubeObject {
  if (type === 'apply') throw badRequest('the fake client does not know server-side apply');
  if (type === 'json') {
    jsonPatch(copy, body as Parameters<typeof jsonPatch>[1]);
    return copy;
  }
  return mergePatch(copy, structuredClone(body)) as KubeObject;
}

/** A client over an empty store; objects it gives are deeply frozen, so that a controller that changes them fails its test. */
export function createFakeClient(options: { clock: Clock; random?: Random }): FakeClient {
  const { clock } = options;
  const store = new FakeStore(clock, options.random ?? seededRandom(1));
  const requests: FakeRequest[] = [];
  const hooks = new Set<(request: FakeRequest) => void | Promise<void>>();
  const streams = new Set<() => void>();

  const enter = async (
    verb: FakeRequest['verb'],
    resource: Resource,
    namespace: string | undefined,
    name = '',
    body?: unknown,
    subresource = '',
  ): Promise<string> => {
    const space = resource.namespaced ? (namespace ?? 'default') : undefined;
    const request = { verb, resource, subresource, namespace: space, name, body };
    requests.push(request);
    for (const hook of hooks) await hook(request);
    return space ? `${space}/${name}` : name;
  };

  async function* watch<T>(resource: Resource<T>, given: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    await enter('watch', resource, given.namespace);
    const matches = selects(given);
    const id = resourceId(resource);
    let wake = (): void => {};
    let ended = false;
    const end = (): void => {
      ended = true;
      wake();
    };
    const unlisten = store.listen(() => wake());
    streams.add(end);
    given.signal?.addEventListener('abort', end, { once: true });
    try {
      let position = Number(given.resourceVersion || 0);
      if (!position || given.sendInitialEvents) {
        position = store.revision;
        for (const object of store.list(resource, given)) {
          yield { type: 'ADDED', object: object as Stored<T> };
        }
        if (given.sendInitialEvents) {
          const annotations = { 'k8s.io/initial-events-end': 'true' };
          yield { type: 'BOOKMARK', object: bookmark(resource, position, annotations) };
        }
      }
      while (!ended && !given.signal?.aborted) {
        const changes = store.changesAfter(position);
        position = store.revision;
        for (const change of changes) {
          const event = change.resource === id ? seen(change, matches) : undefined;
          if (event) yield event as WatchEvent<T>;
        }
        if (ended || given.signal?.aborted || store.revision > position) continue;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    } finally {
      unlisten();
      streams.delete(end);
      given.signal?.removeEventListener('abort', end);
    }
  }

  const bookmark = <T>(
    resource: Resource<T>,
    revision: number,
    annotations?: Record<string, string>,
  ): Stored<T> =>
    ({
      apiVersion: resource.version,
      kind: resource.kind,
      metadata: { resourceVersion: String(revision), creationTimestamp: null, annotations },
    }) as unknown as Stored<T>;

  return {
    requests,
    watch,
    before(hook) {
      hooks.add(hook);
      return () => hooks.delete(hook);
    },
    seed: <T extends KubeObject>(resource: Resource<T>, object: T) =>
      store.create(resource, object) as Stored<T>,
    all: <T>(resource: Resource<T>, namespace?: string) => store.list(resource, { namespace }) as Stored<T>[],
    breakWatches({ expire } = {}) {
      if (expire) {
        store.revision++;
        store.forgetHistory();
      }
      for (const end of [...streams]) end();
    },
    async get<T>(resource: Resource<T>, name: string, namespace?: string) {
      return store.get(resource, await enter('get', resource, namespace, name)) as Stored<T>;
    },
    async list<T>(resource: Resource<T>, given: ListOptions = {}): Promise<List<T>> {
      await enter('list', resource, given.namespace);
      const all = store.list(resource, given) as Stored<T>[];
      const from = given.continue ? Number(given.continue) : 0;
      if (Number.isNaN(from)) throw expired('The provided continue parameter is not valid');
      const items = given.limit ? all.slice(from, from + given.limit) : all;
      const more = from + items.length < all.length;
      const metadata = {
        resourceVersion: String(store.revision),
        ...(more
          ? { continue: String(from + items.length), remainingItemCount: all.length - from - items.length }
          : {}),
      };
      const apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
      return { apiVersion, kind: `${resource.kind}List`, metadata, items };
    },
    async create<T extends KubeObject>(resource: Resource<T>, object: T, given: WriteOptions = {}) {
      const { namespace, name } = object.metadata ?? {};
      await enter('create', resource, namespace, name, object);
      return store.create(resource, object, given.dryRun) as Stored<T>;
    },
    async update<T extends KubeObject>(resource: Resource<T>, object: T, given: WriteOptions = {}) {
      const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
      const key = await enter('update', resource, namespace, name, object);
      const change = (old: Any): KubeObject => withStatusOf(structuredClone(object), old);
      return store.update(resource, key, { uid, resourceVersion }, change, given.dryRun) as Stored<T>;
    },
    async updateStatus<T extends KubeObject>(resource: Resource<T>, object: T, given: WriteOptions = {}) {
      const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
      const key = await enter('update', resource, namespace, name, object, 'status');
      const change = (old: Any): KubeObject => onlyStatusOf(structuredClone(object), old);
      return store.update(resource, key, { uid, resourceVersion }, change, given.dryRun) as Stored<T>;
    },
    async patch<T>(
      resource: Resource<T>,
      name: string,
      namespace: string | undefined,
      patch: Patch,
      given: { subresource?: string; dryRun?: boolean } = {},
    ) {
      const key = await enter('patch', resource, namespace, name, patch.body, given.subresource);
      const metadata = Array.isArray(patch.body) ? {} : ((patch.body as KubeObject).metadata ?? {});
      const expect = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
      const merge = given.subresource === 'status' ? onlyStatusOf : withStatusOf;
      const change = (copy: Any): KubeObject => merge(patched(copy, patch), store.get(resource, key));
      return store.update(resource, key, expect, change, given.dryRun) as Stored<T>;
    },
    async delete(resource, name, namespace, given = {}) {
      store.delete(resource, await enter('delete', resource, namespace, name, given), given);
    },
    async deleteCollection(resource, list, given = {}) {
      await enter('deletecollection', resource, list.namespace, '', given);
      for (const object of store.list(resource, list)) store.delete(resource, keyOf(object), given);
    },
    async subresource<A>(
      method: 'get' | 'create' | 'update',
      resource: Resource,
      name: string,
      namespace: string | undefined,
      subresource: string,
      body?: unknown,
    ) {
      const key = await enter(method, resource, namespace, name, body, subresource);
      return answerSubresource(subresource, { store, clock, method, resource, key, body }) as A;
    },
  };
}

/** What a watch with a selector sees of a change: objects come and go as they begin and cease to match. */
function seen(change: Change, matches: (object: Any) => boolean): WatchEvent<unknown> | undefined {
  const { type, object, previous } = change;
  const was = previous !== undefined && matches(previous);
  const is = type !== 'DELETED' && matches(object);
  if (!is) return was ? { type: 'DELETED', object } : undefined;
  return { type: was ? 'MODIFIED' : 'ADDED', object };
}
