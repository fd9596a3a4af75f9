// The Deployment controller (upstream: pkg/controller/deployment).
import { deployments, replicasets } from '../../api/generated/resources/apps.v1.ts';
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1DeploymentStatus, V1Pod, V1ReplicaSet } from '../../api/generated/types.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import type { Informer } from '../../client/informer.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import { controllerOf } from '../../machinery/object.ts';
import { isNamespaceTerminating } from '../../machinery/status-error.ts';
import { withCondition } from '../common/conditions.ts';
import type { ControllerContext } from '../common/context.ts';
import { claim, dependentsOf, indexByController, orphansIn, ownerKeys } from '../common/owners.ts';
import { isPodTerminal } from '../common/pods.ts';
import {
  allSets,
  applyScalings,
  cleanUpHistory,
  type Rollout,
  RoundOver,
  syncRevision,
  type Tools,
} from './replica-sets.ts';
import { type Deployment, type ReplicaSet, replicasOf, revisionAnnotation } from './revisions.ts';
import { newReplicas, scaleDownOld } from './rolling.ts';
import { isScalingEvent, planScaling } from './scaling.ts';
import { calculateStatus, isComplete, pauseCondition, rolloutStatus, untilDeadline } from './status.ts';

/** Makes ReplicaSets follow Deployments. */
export function createDeploymentController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const tools: Tools = { client, clock, events: context.recorder('deployment-controller') };
  const deploymentCache = informers.for(deployments);
  const setCache = informers.for(replicasets);
  const podCache = informers.for(pods);
  indexByController(setCache);
  indexByController(podCache);

  const round = async (cached: Deployment): Promise<Result> => {
    const selector = compileLabelSelector(cached.spec?.selector);
    if (selector.empty) return refuseEmptySelector(tools, cached);
    const sets = await claim({
      client,
      ownerResource: deployments,
      owner: cached,
      resource: replicasets,
      selector,
      candidates: [
        ...dependentsOf(setCache, cached.metadata.uid),
        ...orphansIn(setCache, cached.metadata.namespace),
      ],
    });
    if (cached.metadata.deletionTimestamp) return statusOnly(tools, cached, sets);

    const pause = pauseCondition(cached, clock.now());
    const deployment: Deployment = pause
      ? {
          ...cached,
          status: { ...cached.status, conditions: withCondition(cached.status?.conditions ?? [], pause) },
        }
      : cached;
    if (deployment.spec?.paused || isScalingEvent(deployment, sets))
      return scaleOnly(tools, deployment, sets, cached);
    if (deployment.spec?.strategy?.type === 'Recreate')
      return recreate(tools, deployment, sets, podCache, cached);
    return rollingUpdate(tools, deployment, sets, cached);
  };

  return {
    name: 'deployment',
    workers: 5,
    watches: [
      watching({ resource: deployments }),
      watching({
        resource: replicasets,
        keys: ownerKeys(deploymentCache, deployment => compileLabelSelector(deployment.spec?.selector)),
      }),
      watching({ resource: pods, keys: podGone(setCache) }),
    ],
    async reconcile(key) {
      const deployment = deploymentCache.get(key);
      if (!deployment) return undefined;
      try {
        return await round(deployment);
      } catch (error) {
        if (error instanceof RoundOver || isNamespaceTerminating(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Only the end of a Pod concerns a Deployment: Recreate waits for it. */
const podGone =
  (sets: Informer<V1ReplicaSet>) =>
  (pod: V1Pod): string[] => {
    if (!isPodTerminal(pod) && !pod.metadata?.deletionTimestamp) return [];
    const set = controllerOf(pod);
    if (set?.kind !== 'ReplicaSet') return [];
    const { namespace } = pod.metadata!;
    const owner = controllerOf(sets.get(`${namespace}/${set.name}`) ?? {});
    return owner?.kind === 'Deployment' ? [`${namespace}/${owner.name}`] : [];
  };

async function refuseEmptySelector({ client, events }: Tools, deployment: Deployment): Promise<undefined> {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  events.event(deployment, 'Warning', 'SelectingAll', message);
  const observedGeneration = deployment.metadata.generation;
  if ((deployment.status?.observedGeneration ?? 0) < (observedGeneration ?? 0))
    await client.updateStatus(deployments, {
      ...deployment,
      status: { ...deployment.status, observedGeneration },
    });
  return undefined;
}

async function writeStatus(
  { client }: Tools,
  deployment: Deployment,
  status: V1DeploymentStatus,
  cached: Deployment,
): Promise<void> {
  const revised =
    deployment.metadata.annotations?.[revisionAnnotation] !==
    cached.metadata.annotations?.[revisionAnnotation];
  if (revised || !semanticEqual(withoutZeros(cached.status), withoutZeros(status)))
    await client.updateStatus(deployments, { ...deployment, status });
}

const withoutZeros = (status: V1DeploymentStatus | undefined): object =>
  Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0));

async function statusOnly(tools: Tools, deployment: Deployment, sets: ReplicaSet[]): Promise<Result> {
  const rollout = await syncRevision(tools, deployment, sets, false);
  const status = calculateStatus(rollout.deployment, rollout.newSet, allSets(rollout), tools.clock.now());
  await writeStatus(tools, rollout.deployment, status, deployment);
  return undefined;
}

async function scaleOnly(
  tools: Tools,
  deployment: Deployment,
  sets: ReplicaSet[],
  cached: Deployment,
): Promise<Result> {
  const found = await syncRevision(tools, deployment, sets, false);
  const { rollout } = await applyScalings(
    tools,
    found,
    planScaling(found.deployment, found.newSet, found.old),
  );
  if (deployment.spec?.paused) await cleanUpHistory(tools, rollout);
  const status = calculateStatus(rollout.deployment, rollout.newSet, allSets(rollout), tools.clock.now());
  await writeStatus(tools, rollout.deployment, status, cached);
  return undefined;
}

async function finish(tools: Tools, rollout: Rollout, cached: Deployment): Promise<Result> {
  const { deployment, newSet } = rollout;
  const now = tools.clock.now();
  const status = rolloutStatus(deployment, newSet, allSets(rollout), now);
  await writeStatus(tools, deployment, status, cached);
  const wait = untilDeadline({ ...deployment, status }, status, now);
  return wait === undefined ? undefined : { requeueAfterMs: wait };
}

async function finishAndCleanUp(tools: Tools, rollout: Rollout, cached: Deployment): Promise<Result> {
  const { deployment } = rollout;
  if (deployment.status && isComplete(deployment, deployment.status)) await cleanUpHistory(tools, rollout);
  return finish(tools, rollout, cached);
}

async function rollingUpdate(
  tools: Tools,
  deployment: Deployment,
  sets: ReplicaSet[],
  cached: Deployment,
): Promise<Result> {
  const found = await syncRevision(tools, deployment, sets, true);
  const newSet = found.newSet!;
  const size = newReplicas(found.deployment, allSets(found), replicasOf(newSet));
  if (size !== replicasOf(newSet)) {
    const up = await applyScalings(tools, found, [{ replicaSet: newSet, replicas: size }]);
    return finish(tools, up.rollout, cached);
  }
  const down = await applyScalings(tools, found, scaleDownOld(found.deployment, newSet, found.old));
  return down.scaled ? finish(tools, down.rollout, cached) : finishAndCleanUp(tools, down.rollout, cached);
}

async function recreate(
  tools: Tools,
  deployment: Deployment,
  sets: ReplicaSet[],
  podCache: Informer<V1Pod>,
  cached: Deployment,
): Promise<Result> {
  const found = await syncRevision(tools, deployment, sets, false);
  const active = found.old.filter(set => replicasOf(set) > 0);
  const down = await applyScalings(
    tools,
    found,
    active.map(replicaSet => ({ replicaSet, replicas: 0 })),
  );
  if (down.scaled || oldPodsRun(down.rollout, podCache)) return finish(tools, down.rollout, cached);
  const made = await syncRevision(tools, down.rollout.deployment, allSets(down.rollout), true);
  const up = await applyScalings(tools, made, [
    { replicaSet: made.newSet!, replicas: replicasOf(made.deployment) },
  ]);
  return finishAndCleanUp(tools, up.rollout, cached);
}

const oldPodsRun = ({ old }: Rollout, podCache: Informer<V1Pod>): boolean =>
  old.some(
    set =>
      (set.status?.replicas ?? 0) > 0 ||
      dependentsOf(podCache, set.metadata.uid).some(pod => !isPodTerminal(pod)),
  );
