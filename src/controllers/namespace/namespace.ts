// The namespace controller: empties a namespace that is being deleted (upstream: pkg/controller/namespace).
import { namespaces, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Namespace } from '../../api/generated/types.ts';
import type { Resource } from '../../api/resource.ts';
import type { ComponentContext } from '../../client/component.ts';
import { type Controller, watching } from '../../client/controller.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import { type ServedResource, type ServedResources, withVerbs } from '../common/resources.ts';
import { deletionConditions, type Remainder } from './conditions.ts';

const finalizer = 'kubernetes';
const firstRetryMs = 50;
const lastRetryMs = 5000;

/** `resources` tells what there is to delete. */
export function createNamespaceController(context: ComponentContext, resources: ServedResources): Controller {
  const { client, clock, informers } = context;
  const cache = informers.for(namespaces);
  const attempts = new Map<string, number>();
  const isTerminating = (name: string | undefined): boolean =>
    cache.get(name ?? '')?.metadata.deletionTimestamp !== undefined;

  const emptyOut = async (resource: ServedResource, namespace: string): Promise<Remainder> => {
    const untyped = resource as Resource<KubeObject>;
    try {
      const before = await client.list(untyped, { namespace });
      if (before.items.length === 0) return { resource, objects: [] };
      if (resource.verbs.includes('deletecollection'))
        await client.deleteCollection(untyped, { namespace }, { propagationPolicy: 'Background' });
      else for (const { metadata } of before.items) await deleteOne(untyped, metadata.name, namespace);
      return { resource, objects: (await client.list(untyped, { namespace })).items };
    } catch (error) {
      // The resource is served no longer.
      return isNotFound(error) ? { resource, objects: [] } : { resource, objects: [], error };
    }
  };

  const deleteOne = async (
    resource: Resource<KubeObject>,
    name: string,
    namespace: string,
  ): Promise<void> => {
    try {
      await client.delete(resource, name, namespace, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  /** Pods go first: while they run, what they use and what guards them stays. */
  const emptyAll = async (namespace: string): Promise<Remainder[]> => {
    const all = withVerbs(resources(), 'list', 'delete').filter(resource => resource.namespaced);
    const isPods = ({ group, resource }: Resource): boolean => group === '' && resource === pods.resource;
    const first = await Promise.all(all.filter(isPods).map(resource => emptyOut(resource, namespace)));
    if (first.some(isLeft)) return first;
    const rest = all.filter(resource => !isPods(resource));
    return [...first, ...(await Promise.all(rest.map(resource => emptyOut(resource, namespace))))];
  };

  const finalize = async (namespace: Stored<V1Namespace>): Promise<void> => {
    const finalizers = (namespace.spec?.finalizers ?? []).filter(name => name !== finalizer);
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
    await client.subresource('update', namespaces, namespace.metadata.name, undefined, 'finalize', body);
  };

  const round = async (cached: Stored<V1Namespace>): Promise<Remainder[]> => {
    let namespace = cached;
    if (namespace.status?.phase !== 'Terminating')
      namespace = await client.updateStatus(namespaces, {
        ...namespace,
        status: { ...namespace.status, phase: 'Terminating' },
      });
    if (!namespace.spec?.finalizers?.includes(finalizer)) return [];
    const remainders = await emptyAll(namespace.metadata.name);
    const conditions = deletionConditions(namespace.status?.conditions, remainders, clock);
    if (conditions)
      namespace = await client.updateStatus(namespaces, {
        ...namespace,
        status: { ...namespace.status, conditions },
      });
    if (!remainders.some(isLeft)) await finalize(namespace);
    return remainders;
  };

  return {
    name: 'namespace',
    workers: 10,
    watches: [
      watching({ resource: namespaces }),
      // The last Pod that goes lets the rest begin.
      watching({
        resource: pods,
        keys: ({ metadata }) =>
          metadata.deletionTimestamp && isTerminating(metadata.namespace) ? [metadata.namespace!] : [],
      }),
    ],
    async reconcile(name) {
      const namespace = cache.get(name);
      if (!namespace?.metadata.deletionTimestamp) {
        attempts.delete(name);
        return undefined;
      }
      try {
        const remainders = await round(namespace);
        if (!remainders.some(isLeft)) return undefined;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
      const attempt = attempts.get(name) ?? 0;
      attempts.set(name, attempt + 1);
      return { requeueAfterMs: Math.min(firstRetryMs * 2 ** attempt, lastRetryMs) };
    },
  };
}

const isLeft = ({ objects, error }: Remainder): boolean => objects.length > 0 || error !== undefined;
