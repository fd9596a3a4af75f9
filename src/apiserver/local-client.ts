import type { V1DeleteOptions } from '../api/generated/types.ts';
import type { Registration, Registry } from '../api/registration.ts';
import { apiVersionOf, type Resource } from '../api/resource.ts';
import type { Client, List, ListOptions, WatchEvent, WatchOptions } from '../client/client.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import { badRequest, noSuchPath } from '../machinery/status-errors.ts';
import type { ApiRequest, ApiResult } from './api-request.ts';
import type { User } from './contracts.ts';
import { cloneJson } from './registry/clone.ts';
import type { Watcher, WatchItem } from './watch-cache/watcher.ts';

const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' };

/** The object of a BOOKMARK event. */
export const bookmarkObject = (
  registration: Registration,
  item: { revision: number; initial: boolean },
): KubeObject => ({
  kind: registration.kind,
  apiVersion: apiVersionOf(registration),
  metadata: {
    resourceVersion: String(item.revision),
    ...(item.initial ? { annotations: initialEventsEnd } : {}),
  },
});

const eventOf = (registration: Registration, item: WatchItem): WatchEvent<KubeObject> =>
  item.type === 'BOOKMARK'
    ? { type: 'BOOKMARK', object: bookmarkObject(registration, item) as Stored<KubeObject> }
    : { type: item.type, object: item.view.object };

/**
 * A client in the server's own process: the same stages, but no bytes in between. What it gives is shared and frozen.
 * `request` authorizes (or not) as it was made to.
 */
export function createLocalClient(options: {
  user: User;
  registry: Registry;
  /** Who its writes are by in managedFields where they do not say; as over HTTP the start of the User-Agent. Default `unknown`. */
  fieldManager?: string;
  request(request: ApiRequest): Promise<ApiResult>;
  /** Bounds a watch in time. */
  endAfter(seconds: number, end: () => void): { cancel(): void };
}): Client {
  const { user, registry, fieldManager, request, endAfter } = options;
  const find = (resource: Resource): Registration => {
    const registration = registry.find(resource.group, resource.version, resource.resource);
    if (!registration) throw noSuchPath();
    return registration;
  };
  const send = (resource: Resource, rest: Omit<ApiRequest, 'user' | 'registration'>): Promise<ApiResult> =>
    request({
      user,
      registration: find(resource),
      ...rest,
      fieldManager: rest.fieldManager ?? fieldManager,
    });
  const object = async <T>(result: Promise<ApiResult>): Promise<T> => {
    const answer = await result;
    if (answer.type === 'view') return answer.view.object as T;
    if (answer.type === 'object') return answer.object as T;
    throw new TypeError(`unexpected ${answer.type}`);
  };
  const nameOf = (body: KubeObject): { name: string; namespace: string | undefined } => {
    const { name, namespace } = body.metadata ?? {};
    if (!name) throw badRequest('the object has no name');
    return { name, namespace };
  };

  async function* watch(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<KubeObject>> {
    const { namespace, signal, ...query } = options;
    if (signal?.aborted) return;
    const match = query.sendInitialEvents === undefined ? {} : { resourceVersionMatch: 'NotOlderThan' };
    const answer = await send(resource, { verb: 'watch', namespace, query: { ...query, ...match } });
    if (answer.type !== 'watch') throw new TypeError(`unexpected ${answer.type}`);
    const { watcher } = answer;
    yield* follow(watcher, signal, query.timeoutSeconds);
  }

  async function* follow(
    watcher: Watcher,
    signal: AbortSignal | undefined,
    timeoutSeconds: number | undefined,
  ): AsyncGenerator<WatchEvent<KubeObject>> {
    const { registration } = watcher.selection;
    const close = (): void => watcher.close();
    const timer = timeoutSeconds ? endAfter(timeoutSeconds, close) : undefined;
    signal?.addEventListener('abort', close, { once: true });
    if (signal?.aborted) close();
    try {
      for (let items = await watcher.next(); items; items = await watcher.next()) {
        for (const item of items) {
          if (signal?.aborted) return;
          yield eventOf(registration, item);
        }
      }
    } finally {
      timer?.cancel();
      signal?.removeEventListener('abort', close);
      close();
    }
  }

  return {
    get: (resource, name, namespace) => object(send(resource, { verb: 'get', name, namespace })),
    async list<T>(resource: Resource<T>, { namespace, ...query }: ListOptions = {}): Promise<List<T>> {
      const answer = await send(resource, { verb: 'list', namespace, query });
      if (answer.type !== 'list') throw new TypeError(`unexpected ${answer.type}`);
      const { registration, views, resourceVersion, remainingItemCount } = answer.page;
      return {
        apiVersion: apiVersionOf(registration),
        kind: registration.listKind,
        metadata: {
          resourceVersion,
          ...(answer.page.continue ? { continue: answer.page.continue } : {}),
          ...(remainingItemCount !== undefined ? { remainingItemCount } : {}),
        },
        items: views.map(view => view.object as Stored<T>),
      };
    },
    watch: <T>(resource: Resource<T>, options: WatchOptions = {}) =>
      watch(resource, options) as AsyncIterable<WatchEvent<T>>,
    create: (resource, body, options) =>
      object(
        send(resource, {
          verb: 'create',
          namespace: body.metadata?.namespace,
          body: cloneJson(body),
          ...options,
        }),
      ),
    update: (resource, body, options) =>
      object(send(resource, { verb: 'update', ...nameOf(body), body: cloneJson(body), ...options })),
    updateStatus: (resource, body, options) =>
      object(
        send(resource, {
          verb: 'update',
          subresource: 'status',
          ...nameOf(body),
          body: cloneJson(body),
          ...options,
        }),
      ),
    patch: (resource, name, namespace, patch, { force, ...options } = {}) =>
      object(send(resource, { verb: 'patch', name, namespace, patch: { ...patch, force }, ...options })),
    async delete(resource, name, namespace, options) {
      await send(resource, { verb: 'delete', name, namespace, ...deletion(options) });
    },
    async deleteCollection(resource, { namespace, ...query }, options) {
      await send(resource, { verb: 'deletecollection', namespace, query, ...deletion(options) });
    },
    subresource: (method, resource, name, namespace, subresource, body) =>
      object(
        send(resource, {
          verb: method,
          name,
          namespace,
          subresource,
          body: body === undefined ? undefined : cloneJson(body),
        }),
      ),
  };
}

const deletion = (
  options: V1DeleteOptions | undefined,
): { deleteOptions?: V1DeleteOptions; dryRun?: boolean } => ({
  deleteOptions: options,
  dryRun: options?.dryRun?.includes('All'),
});
