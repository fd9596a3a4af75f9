// The StatefulSet controller (upstream: pkg/controller/statefulset).
import { controllerrevisions, statefulsets } from '../../api/generated/resources/apps.v1.ts';
import { persistentvolumeclaims, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Pod } from '../../api/generated/types.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import { controllerOf, type Stored } from '../../machinery/object.ts';
import { isAlreadyExists, isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { claim, dependentsOf, indexByController, orphansIn, ownerKeys } from '../common/owners.ts';
import { untilAvailable } from '../common/pods.ts';
import { syncHistory, truncateHistory } from '../common/revision-history.ts';
import { Written } from '../common/written.ts';
import { syncClaimOwners } from './claims.ts';
import { claimsFor, ordinalOf, podName, revisionOfPod, type StatefulSet } from './identity.ts';
import { calculateStatus, planSteps, type Situation, type Step } from './plan.ts';

const behindRetryMs = 1000;

export function createStatefulSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('statefulset-controller');
  const setCache = informers.for(statefulsets);
  const podCache = informers.for(pods);
  const claimCache = informers.for(persistentvolumeclaims);
  const revisionCache = informers.for(controllerrevisions);
  for (const cache of [podCache, revisionCache]) indexByController(cache as typeof podCache);
  const written = new Written(podCache, clock);

  const makeClaims = async (set: StatefulSet, ordinal: number): Promise<void> => {
    for (const wanted of claimsFor(set, ordinal)) {
      const { name, namespace } = wanted.metadata!;
      if (claimCache.get(`${namespace}/${name}`)) continue;
      const text = `Claim ${name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
      try {
        await client.create(persistentvolumeclaims, wanted);
        events.event(set, 'Normal', 'SuccessfulCreate', `create ${text} success`);
      } catch (error) {
        if (isAlreadyExists(error)) continue;
        events.event(set, 'Warning', 'FailedCreate', `create ${text} failed error: ${String(error)}`);
        throw error;
      }
    }
  };

  const take = async (key: string, set: StatefulSet, step: Step): Promise<void> => {
    if (step.type === 'claims') {
      await makeClaims(set, step.ordinal);
      await syncClaimOwners(client, claimCache, set, step.ordinal);
      return;
    }
    const { name, namespace } = step.pod.metadata!;
    const what = step.type === 'create' ? 'Create' : 'Delete';
    const text = `${what.toLowerCase()} Pod ${name} in StatefulSet ${set.metadata.name}`;
    try {
      if (step.type === 'create') {
        await makeClaims(set, step.ordinal);
        written.wrote(key, await client.create(pods, step.pod));
      } else {
        const { uid } = step.pod.metadata;
        await client.delete(pods, name!, namespace, { preconditions: { uid } });
        written.deleted(key, step.pod);
      }
      events.event(set, 'Normal', `Successful${what}`, `${text} successful`);
    } catch (error) {
      if (isNotFound(error)) return;
      events.event(
        set,
        'Warning',
        `Failed${what}`,
        `${text} failed error: ${error instanceof Error ? error.message : String(error)}`,
      );
      throw error;
    }
  };

  const round = async (key: string, set: StatefulSet): Promise<Result> => {
    const own = await claim({
      client,
      ownerResource: statefulsets,
      owner: set,
      resource: pods,
      selector: compileLabelSelector(set.spec?.selector),
      candidates: [
        ...dependentsOf(podCache, set.metadata.uid),
        ...orphansIn(podCache, set.metadata.namespace).filter(pod => ordinalOf(set, pod) >= 0),
      ],
    });
    const history = await syncHistory(
      client,
      statefulsets,
      set,
      set.spec?.template,
      dependentsOf(revisionCache, set.metadata.uid),
      set.status?.collisionCount ?? 0,
    );
    const current =
      history.all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? history.current;
    const situation: Situation = { set, pods: own, current, update: history.current, now: clock.now() };
    for (const step of planSteps(situation)) await take(key, set, step);
    const inUse = new Set([...own.map(revisionOfPod), current.metadata.name, history.current.metadata.name]);
    await truncateHistory(client, history.all, inUse, set.spec?.revisionHistoryLimit ?? 10);
    const status = calculateStatus(situation, history.collisionCount);
    if (!semanticEqual({ ...set.status, conditions: undefined }, status))
      await client.updateStatus(statefulsets, { ...set, status: { ...set.status, ...status } });
    const waits = own
      .map(pod => untilAvailable(pod, set.spec?.minReadySeconds ?? 0, clock.now()) ?? 0)
      .filter(wait => wait > 0);
    return waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : undefined;
  };

  const ownerKey = (pod: Stored<V1Pod>): string | undefined => {
    const owner = controllerOf(pod);
    return owner?.kind === 'StatefulSet' ? `${pod.metadata.namespace}/${owner.name}` : undefined;
  };
  const keysOf = ownerKeys(setCache, set => compileLabelSelector(set.spec?.selector));

  return {
    name: 'statefulset',
    workers: 5,
    watches: [
      watching({ resource: statefulsets }),
      watching({
        resource: pods,
        observe: (event, pod) => {
          const key = ownerKey(pod);
          if (key && event === 'deleted') written.gone(key, pod);
        },
        keys: keysOf,
      }),
      watching({ resource: persistentvolumeclaims, keys: () => [] }),
      watching({ resource: controllerrevisions, owns: { apiVersion: 'apps/v1', kind: 'StatefulSet' } }),
    ],
    async reconcile(key) {
      const set = setCache.get(key);
      if (!set) {
        written.forget(key);
        return undefined;
      }
      // The event that the cache waits for brings the key again.
      if (written.isBehind(key)) return { requeueAfterMs: behindRetryMs };
      return round(key, set);
    },
  };
}
