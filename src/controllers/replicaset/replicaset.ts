// The ReplicaSet and ReplicationController controllers: one implementation (upstream: pkg/controller/replicaset, replication).

import { replicasets } from '../../api/generated/resources/apps.v1.ts';
import { pods, replicationcontrollers } from '../../api/generated/resources/core.v1.ts';
import type { V1Pod, V1ReplicaSet } from '../../api/generated/types.ts';
import type { Resource } from '../../api/resource.ts';
import { slowStartBatch } from '../../client/batch.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { createExpectations } from '../../client/expectations.ts';
import {
  compileLabelSelector,
  type LabelSelector,
  nothing,
  selectorFromLabels,
} from '../../machinery/labels.ts';
import { controllerOf, type Stored } from '../../machinery/object.ts';
import { isNamespaceTerminating } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import {
  claim,
  controllerReference,
  dependentsOf,
  indexByController,
  orphansIn,
  ownerKeys,
} from '../common/owners.ts';
import { observePods } from '../common/pod-expectations.ts';
import { createPodWriter, podFromTemplate } from '../common/pod-writer.ts';
import { isPodActive, isPodTerminating } from '../common/pods.ts';
import { inDeletionOrder } from './deletion-order.ts';
import { calculateStatus, sameStatus } from './status.ts';

/** At most so many creations or deletions in one round. */
const burstReplicas = 500;

type ReplicaSet = Stored<V1ReplicaSet>;

interface Kind {
  name: string;
  /** A ReplicationController differs from a ReplicaSet in its selector only. */
  resource: Resource<V1ReplicaSet>;
  selectorOf(owner: ReplicaSet): LabelSelector;
}

const replicaSetKind: Kind = {
  name: 'replicaset',
  resource: replicasets,
  selectorOf: set => compileLabelSelector(set.spec?.selector),
};

const replicationControllerKind: Kind = {
  name: 'replicationcontroller',
  resource: replicationcontrollers as unknown as Resource<V1ReplicaSet>,
  selectorOf: owner => {
    const selector = selectorFromLabels(owner.spec?.selector as Record<string, string> | undefined);
    return selector.empty ? nothing : selector;
  },
};

export const createReplicaSetController = (context: ControllerContext): Controller =>
  createController(context, replicaSetKind);

export const createReplicationControllerController = (context: ControllerContext): Controller =>
  createController(context, replicationControllerKind);

function createController(context: ControllerContext, { name, resource, selectorOf }: Kind): Controller {
  const { client, clock, informers } = context;
  const writer = createPodWriter(
    client,
    context.recorder(name === 'replicaset' ? 'replicaset-controller' : 'replication-controller'),
  );
  const expectations = createExpectations(clock);
  const setCache = informers.for(resource);
  const podCache = informers.for(pods);
  indexByController(setCache);
  indexByController(podCache);

  const createPods = async (key: string, set: ReplicaSet, wanted: number): Promise<unknown> => {
    const count = Math.min(wanted, burstReplicas);
    const reference = controllerReference(resource, set);
    const pod = podFromTemplate(set.spec?.template, set, reference);
    expectations.expect(key, count);
    let attempted = 0;
    const { error } = await slowStartBatch(count, async () => {
      attempted++;
      try {
        await writer.create(pod, set);
      } catch (refusal) {
        expectations.created(key);
        throw refusal;
      }
    });
    for (; attempted < count; attempted++) expectations.created(key);
    return isNamespaceTerminating(error) ? undefined : error;
  };

  const deletePods = async (
    key: string,
    set: ReplicaSet,
    active: readonly Stored<V1Pod>[],
    surplus: number,
  ): Promise<unknown> => {
    const count = Math.min(surplus, burstReplicas);
    const owner = controllerOf(set);
    const siblings = owner ? dependentsOf(setCache, owner.uid) : [set];
    const related = siblings.flatMap(sibling => dependentsOf(podCache, sibling.metadata.uid));
    const chosen = inDeletionOrder(active, related, clock.now()).slice(0, count);
    expectations.expect(
      key,
      0,
      chosen.map(pod => pod.metadata.uid),
    );
    const results = await Promise.allSettled(
      chosen.map(async pod => {
        let deleted = false;
        try {
          deleted = await writer.delete(pod, set);
        } finally {
          if (!deleted) expectations.deleted(key, pod.metadata.uid);
        }
      }),
    );
    return results.find(result => result.status === 'rejected')?.reason;
  };

  return {
    name,
    workers: 5,
    watches: [
      watching({ resource }),
      watching({
        resource: pods,
        observe: observePods(expectations, resource.kind),
        keys: ownerKeys(setCache, selectorOf),
      }),
    ],
    async reconcile(key) {
      const set = setCache.get(key);
      if (!set) {
        expectations.forget(key);
        return undefined;
      }
      const ready = expectations.satisfied(key);
      const own = dependentsOf(podCache, set.metadata.uid);
      const active = await claim({
        client,
        ownerResource: resource,
        owner: set,
        resource: pods,
        selector: selectorOf(set),
        candidates: [...own, ...orphansIn(podCache, set.metadata.namespace)].filter(isPodActive),
      });
      let failure: unknown;
      if (ready && !set.metadata.deletionTimestamp) {
        const difference = active.length - (set.spec?.replicas ?? 1);
        if (difference < 0) failure = await createPods(key, set, -difference);
        else if (difference > 0) failure = await deletePods(key, set, active, difference);
      }
      const terminating = own.filter(isPodTerminating);
      const { status, nextCheckMs } = calculateStatus(set, active, terminating, failure, clock.now());
      if (!sameStatus(set.status, status)) await client.updateStatus(resource, { ...set, status });
      if (failure !== undefined) throw failure;
      return nextCheckMs === undefined ? undefined : { requeueAfterMs: nextCheckMs };
    },
  };
}
