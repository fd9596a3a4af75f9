// A client that asks before each call: how faults get between a component and the API.
import type { Resource } from '../api/resource.ts';
import type { Client, WatchEvent, WatchOptions } from '../client/client.ts';
import type { Stored } from '../machinery/object.ts';

/** A call as a guard sees it. */
export interface ApiCall {
  /** Who calls: `kube-controller-manager`, `kube-scheduler`, `kubelet/node-1`, `admin`. */
  component: string;
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  resource: Resource;
  subresource: string;
  namespace: string | undefined;
  /** Empty for lists, watches and creates without a name. */
  name: string;
}

export interface Guard {
  component: string;
  /** Called before each call: what it throws is the call's answer, and a promise delays it. */
  before?(call: ApiCall): void | Promise<void>;
  /** Called after each call but watches has been answered: what it throws comes in the answer's place, as when an answer is lost. */
  after?(call: ApiCall): void | Promise<void>;
  /** Aborted to break the watches that are open at this moment. */
  connection?(): AbortSignal;
  /** Stands around every call but watches. */
  around?<T>(call: ApiCall, work: Promise<T>): Promise<T>;
}

/** `client` with a guard before it. */
export function guardedClient(client: Client, guard: Guard): Client {
  const { component, before, after, connection, around = (_, work) => work } = guard;
  const call = <A>(
    verb: ApiCall['verb'],
    resource: Resource,
    where: { name?: string; namespace?: string | undefined; subresource?: string },
    send: () => Promise<A>,
  ): Promise<A> => {
    const { name = '', namespace, subresource = '' } = where;
    const told: ApiCall = { component, verb, resource, subresource, namespace, name };
    if (!before && !after) return around(told, send());
    const asked = async (): Promise<A> => {
      await before?.(told);
      const answer = await send();
      await after?.(told);
      return answer;
    };
    return around(told, asked());
  };
  const named = ({ metadata }: { metadata?: { name?: string; namespace?: string } }) => ({
    name: metadata?.name ?? '',
    namespace: metadata?.namespace,
  });
  const verbOf = { get: 'get', create: 'create', update: 'update' } as const;

  async function* watch<T>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { namespace } = options;
    const own = connection?.();
    await before?.({ component, verb: 'watch', resource, subresource: '', namespace, name: '' });
    const signals = [options.signal, own].filter(signal => signal !== undefined);
    yield* client.watch(resource, { ...options, signal: AbortSignal.any(signals) });
  }

  return {
    get: <T>(resource: Resource<T>, name: string, namespace?: string): Promise<Stored<T>> =>
      call('get', resource, { name, namespace }, () => client.get(resource, name, namespace)),
    list: (resource, options) =>
      call('list', resource, { namespace: options?.namespace }, () => client.list(resource, options)),
    watch: (resource, options = {}) =>
      before || connection ? watch(resource, options) : client.watch(resource, options),
    create: (resource, object, options) =>
      call('create', resource, named(object), () => client.create(resource, object, options)),
    update: (resource, object, options) =>
      call('update', resource, named(object), () => client.update(resource, object, options)),
    updateStatus: (resource, object, options) =>
      call('update', resource, { ...named(object), subresource: 'status' }, () =>
        client.updateStatus(resource, object, options),
      ),
    patch: (resource, name, namespace, patch, options) =>
      call('patch', resource, { name, namespace, subresource: options?.subresource }, () =>
        client.patch(resource, name, namespace, patch, options),
      ),
    delete: (resource, name, namespace, options) =>
      call('delete', resource, { name, namespace }, () => client.delete(resource, name, namespace, options)),
    deleteCollection: (resource, list, options) =>
      call('deletecollection', resource, { namespace: list.namespace }, () =>
        client.deleteCollection(resource, list, options),
      ),
    subresource: (method, resource, name, namespace, subresource, body) =>
      call(verbOf[method], resource, { name, namespace, subresource }, () =>
        client.subresource(method, resource, name, namespace, subresource, body),
      ),
  };
}
