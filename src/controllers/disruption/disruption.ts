// The disruption controller (upstream: pkg/controller/disruption): keeps the status of PodDisruptionBudgets.
import { deployments, replicasets, statefulsets } from '../../api/generated/resources/apps.v1.ts';
import { pods, replicationcontrollers } from '../../api/generated/resources/core.v1.ts';
import { poddisruptionbudgets } from '../../api/generated/resources/policy.v1.ts';
import type { V1OwnerReference, V1Pod, V1PodDisruptionBudget, V1Scale } from '../../api/generated/types.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector, formatLabelSelector } from '../../machinery/labels.ts';
import { controllerOf, keyOf, type Stored } from '../../machinery/object.ts';
import { isNotFound, StatusError } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import type { ServedResources } from '../common/resources.ts';
import { budgetState, expectation } from './status.ts';

/** What controls a Pod, at the top: of a ReplicaSet its Deployment. */
interface Scaled {
  uid: string;
  replicas: number;
}

export function createDisruptionController(
  context: ControllerContext,
  resources: ServedResources,
): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('controllermanager');
  const budgetCache = informers.for(poddisruptionbudgets);
  const podCache = informers.for(pods);
  const setCache = informers.for(replicasets);
  const deploymentCache = informers.for(deployments);
  const sized = [replicationcontrollers, statefulsets] as const;
  const sizedCaches = new Map(
    sized.map(resource => [
      `${apiVersionOf(resource)}/${resource.kind}`,
      informers.for(resource as typeof statefulsets),
    ]),
  );

  const budgetsOf = (pod: Stored<V1Pod>): string[] =>
    budgetCache
      .list(pod.metadata.namespace)
      .filter(({ spec }) => compileLabelSelector(spec?.selector).matches(pod.metadata.labels))
      .map(budget => keyOf(budget));

  const sizeOf = async (reference: V1OwnerReference, namespace: string): Promise<Scaled | undefined> => {
    const key = `${namespace}/${reference.name}`;
    const set = reference.kind === 'ReplicaSet' ? setCache.get(key) : undefined;
    if (set?.metadata.uid === reference.uid) {
      const owner = controllerOf(set);
      const deployment =
        owner?.kind === 'Deployment' ? deploymentCache.get(`${namespace}/${owner.name}`) : undefined;
      const top = deployment && deployment.metadata.uid === owner?.uid ? deployment : set;
      return { uid: top.metadata.uid, replicas: top.spec?.replicas ?? 1 };
    }
    const known = sizedCaches.get(`${reference.apiVersion}/${reference.kind}`)?.get(key);
    if (known?.metadata.uid === reference.uid)
      return { uid: reference.uid, replicas: known.spec?.replicas ?? 1 };
    return sizeByScale(reference, namespace);
  };

  /** Any other kind tells its size by its scale subresource, if it has one. */
  const sizeByScale = async (reference: V1OwnerReference, namespace: string): Promise<Scaled | undefined> => {
    const resource = resources().find(
      served => served.kind === reference.kind && apiVersionOf(served) === reference.apiVersion,
    );
    if (!resource) return undefined;
    try {
      const scale = await client.subresource<V1Scale>('get', resource, reference.name, namespace, 'scale');
      return { uid: reference.uid, replicas: scale.spec?.replicas ?? 0 };
    } catch (error) {
      if (isNotFound(error) || (error instanceof StatusError && error.reason === 'MethodNotAllowed'))
        return undefined;
      throw error;
    }
  };

  const controlledSize = async (
    budget: Stored<V1PodDisruptionBudget>,
    matching: readonly Stored<V1Pod>[],
  ): Promise<number> => {
    const sizes = new Map<string, number>();
    const asked = new Set<string>();
    let unmanaged = false;
    for (const pod of matching) {
      const reference = controllerOf(pod);
      if (!reference) unmanaged = true;
      if (!reference || asked.has(reference.uid)) continue;
      asked.add(reference.uid);
      const scaled = await sizeOf(reference, pod.metadata.namespace!);
      if (scaled) sizes.set(scaled.uid, scaled.replicas);
    }
    if (unmanaged)
      events.event(
        budget,
        'Warning',
        'UnmanagedPods',
        `Pods selected by this PodDisruptionBudget (selector: ${formatLabelSelector(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
      );
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  };

  return {
    name: 'disruption',
    watches: [
      watching({ resource: poddisruptionbudgets }),
      watching({
        resource: pods,
        keys: (pod, previous) => [...new Set([...budgetsOf(pod), ...(previous ? budgetsOf(previous) : [])])],
      }),
      watching({ resource: replicasets, keys: () => [] }),
      watching({
        resource: deployments,
        keys: ({ metadata, spec }, previous) =>
          previous && previous.spec?.replicas !== spec?.replicas
            ? budgetCache.list(metadata.namespace).map(budget => keyOf(budget))
            : [],
      }),
    ],
    async reconcile(key) {
      const budget = budgetCache.get(key);
      if (!budget) return undefined;
      const selector = compileLabelSelector(budget.spec?.selector);
      const matching = podCache
        .list(budget.metadata.namespace)
        .filter(pod => selector.matches(pod.metadata.labels));
      if (matching.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
      const needsSize = typeof budget.spec?.minAvailable !== 'number';
      const controlled = needsSize ? await controlledSize(budget, matching) : 0;
      const { status, recheckMs } = budgetState(
        budget,
        matching,
        expectation(budget, matching.length, controlled),
        clock.now(),
      );
      if (!semanticEqual(budget.status, status))
        await client.updateStatus(poddisruptionbudgets, { ...budget, status });
      return recheckMs === undefined ? undefined : { requeueAfterMs: recheckMs };
    },
  };
}
