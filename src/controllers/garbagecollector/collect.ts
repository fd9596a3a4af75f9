// What to do with one object whose owners have changed (upstream: pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem).
import type { V1OwnerReference } from '../../api/generated/types.ts';
import { apiVersionOf, type Resource } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { isConflict, isNotFound } from '../../machinery/status-error.ts';
import type { ServedResource, ServedResources } from '../common/resources.ts';
import { foregroundFinalizer, type Graph, isMeant, type Node, orphanFinalizer } from './graph.ts';

type Live = Stored<KubeObject>;
const conflictTries = 5;

type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** No resource of this kind is served (now): nothing can be said about the owner. */
export class UnknownKind extends Error {
  override readonly name = 'UnknownKind';
}

interface Owners {
  solid: V1OwnerReference[];
  dangling: V1OwnerReference[];
  /** Owners that are deleted in the foreground. */
  waiting: V1OwnerReference[];
}

export interface Collector {
  /** Deletes the object, sets it free from owners that are gone, or does nothing. */
  check(node: Node): Promise<void>;
  /** Sets all dependents free, then lets the object go. */
  orphan(node: Node): Promise<void>;
}

/** `recheck` queues a node. */
export function createCollector(
  client: Client,
  graph: Graph,
  resources: ServedResources,
  recheck: (node: Node) => void,
): Collector {
  const resourceFor = ({ apiVersion, kind }: { apiVersion: string; kind: string }): ServedResource => {
    const found = resources().find(served => served.kind === kind && apiVersionOf(served) === apiVersion);
    if (!found) throw new UnknownKind(`no resource is served for ${apiVersion} ${kind}`);
    return found;
  };

  const look = async (resource: Resource, name: string, namespace: string): Promise<Live | undefined> => {
    try {
      return await client.get(
        resource as Resource<KubeObject>,
        name,
        resource.namespaced ? namespace : undefined,
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const patch = async (node: Node, live: Live, metadata: object): Promise<void> => {
    const { name, namespace, resourceVersion } = live.metadata;
    const body = { metadata: { resourceVersion, ...metadata } };
    await client.patch(node.resource!, name, namespace, { type: 'merge', body });
  };

  /** The object may be written by its own controller at the same time: then its newest state is taken. */
  const retrying = async (work: () => Promise<void>): Promise<void> => {
    for (let tries = 1; ; tries++)
      try {
        return await work();
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || tries === conflictTries) throw error;
      }
  };

  const dropFinalizer = (node: Node, finalizer: string): Promise<void> =>
    retrying(async () => {
      const live = await look(node.resource!, node.name, node.namespace);
      if (live?.metadata.uid !== node.uid || !live.metadata.finalizers?.includes(finalizer)) return;
      await patch(node, live, { finalizers: live.metadata.finalizers.filter(name => name !== finalizer) });
    });

  const dropOwners = (node: Node, live: Live, uids: ReadonlySet<string>): Promise<void> =>
    patch(node, live, {
      ownerReferences: live.metadata.ownerReferences?.filter(({ uid }) => !uids.has(uid)) ?? [],
    });

  const remove = async (node: Node, live: Live, propagationPolicy: Propagation): Promise<void> => {
    const { name, namespace, uid, resourceVersion } = live.metadata;
    try {
      await client.delete(node.resource!, name, namespace, {
        preconditions: { uid, resourceVersion },
        propagationPolicy,
      });
    } catch (error) {
      if (isNotFound(error)) graph.remove(node.uid);
      else throw error;
    }
  };

  /** Undefined for a reference that can never be resolved: a cluster-scoped object's to a namespaced one. */
  const stateOf = async (reference: V1OwnerReference, node: Node): Promise<keyof Owners | undefined> => {
    if (graph.isAbsent(reference.uid)) return 'dangling';
    const known = graph.get(reference.uid);
    if (known?.resource && isMeant(known, reference, node.namespace))
      return known.deletingDependents ? 'waiting' : 'solid';
    const resource = resourceFor(reference);
    if (resource.namespaced && !node.namespace) return undefined;
    const owner = await look(resource, reference.name, node.namespace);
    if (owner?.metadata.uid !== reference.uid) return 'dangling';
    const { deletionTimestamp, finalizers } = owner.metadata;
    return deletionTimestamp && finalizers?.includes(foregroundFinalizer) ? 'waiting' : 'solid';
  };

  const sort = async (node: Node, references: readonly V1OwnerReference[]): Promise<Owners | undefined> => {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) {
      const state = await stateOf(reference, node);
      if (!state) return undefined;
      owners[state].push(reference);
    }
    return owners;
  };

  /** An owner only heard of: is it there? */
  const verify = async (node: Node): Promise<void> => {
    const live = await look(resourceFor(node), node.name, node.namespace);
    if (live?.metadata.uid !== node.uid) graph.remove(node.uid);
  };

  const finishForeground = async (node: Node): Promise<void> => {
    const blocking = [...node.dependents].filter(({ owners }) =>
      owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion),
    );
    if (blocking.length === 0) await dropFinalizer(node, foregroundFinalizer);
    else for (const dependent of blocking) if (!dependent.deletingDependents) recheck(dependent);
  };

  const collect = async (node: Node, live: Live, { solid, dangling, waiting }: Owners): Promise<void> => {
    const lost = new Set([...dangling, ...waiting].map(({ uid }) => uid));
    if (solid.length > 0) {
      if (lost.size > 0) await dropOwners(node, live, lost);
      return;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // Two that wait for each other would wait for ever: this one no longer blocks its owners.
      if ([...node.dependents].some(dependent => dependent.deletingDependents)) {
        const ownerReferences = live.metadata.ownerReferences?.map(reference => ({
          ...reference,
          blockOwnerDeletion: false,
        }));
        await patch(node, live, { ownerReferences });
        const fresh = await look(node.resource!, node.name, node.namespace);
        if (fresh?.metadata.uid === node.uid) await remove(node, fresh, 'Foreground');
        return;
      }
      await remove(node, live, 'Foreground');
      return;
    }
    const finalizers = live.metadata.finalizers ?? [];
    const policy = finalizers.includes(orphanFinalizer)
      ? 'Orphan'
      : finalizers.includes(foregroundFinalizer)
        ? 'Foreground'
        : 'Background';
    await remove(node, live, policy);
  };

  const release = (owner: Node, dependent: Node): Promise<void> =>
    retrying(async () => {
      const live = await look(dependent.resource!, dependent.name, dependent.namespace);
      if (live?.metadata.uid !== dependent.uid) return;
      if (live.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid))
        await dropOwners(dependent, live, new Set([owner.uid]));
    });

  return {
    async check(node) {
      if (!node.resource) return verify(node);
      if (node.deleting && !node.deletingDependents) return;
      const live = await look(node.resource, node.name, node.namespace);
      if (live?.metadata.uid !== node.uid) return graph.remove(node.uid);
      if (node.deletingDependents) return finishForeground(node);
      const references = live.metadata.ownerReferences ?? [];
      if (references.length === 0) return;
      const owners = await sort(node, references);
      if (owners) await collect(node, live, owners);
    },
    async orphan(node) {
      await Promise.all([...node.dependents].map(dependent => release(node, dependent)));
      await dropFinalizer(node, orphanFinalizer);
    },
  };
}
