// The status of a Deployment and its progress (upstream: pkg/controller/deployment/progress.go, sync.go calculateStatus).
import type { V1Deployment, V1DeploymentCondition, V1DeploymentStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import { withCondition, withoutCondition } from '../common/conditions.ts';
import { type Deployment, maxUnavailable, type ReplicaSet, replicasOf } from './revisions.ts';

const noDeadline = 2147483647;

export const hasProgressDeadline = (deployment: V1Deployment): boolean =>
  (deployment.spec?.progressDeadlineSeconds ?? noDeadline) !== noDeadline;

export const condition = (
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
): V1DeploymentCondition => ({
  type,
  status,
  reason,
  message,
  lastUpdateTime: timestamp(now),
  lastTransitionTime: timestamp(now),
});

const total = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((sum, set) => sum + (count(set) ?? 0), 0);

/** Counts and the Available condition; other conditions are as they were. */
export function calculateStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  now: number,
): V1DeploymentStatus {
  const available = total(all, set => set.status?.availableReplicas);
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const collisionCount = deployment.status?.collisionCount;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total(all, set => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total(all, set => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total(all, replicasOf) - available),
    terminatingReplicas: total(all, set => set.status?.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(
      deployment.status?.conditions ?? [],
      enough
        ? condition(
            'Available',
            'True',
            'MinimumReplicasAvailable',
            'Deployment has minimum availability.',
            now,
          )
        : condition(
            'Available',
            'False',
            'MinimumReplicasUnavailable',
            'Deployment does not have minimum availability.',
            now,
          ),
    ),
  };
}

export const isComplete = (deployment: Deployment, status: V1DeploymentStatus): boolean =>
  status.updatedReplicas === replicasOf(deployment) &&
  status.replicas === replicasOf(deployment) &&
  status.availableReplicas === replicasOf(deployment) &&
  (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);

function isProgressing(before: V1DeploymentStatus | undefined, after: V1DeploymentStatus): boolean {
  const old = (status: V1DeploymentStatus | undefined): number =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function deadlineOf(deployment: Deployment, progressing: V1DeploymentCondition): number {
  const since = progressing.lastUpdateTime ? Date.parse(progressing.lastUpdateTime) : 0;
  return since + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
}

/** The status of a roll-out: as `calculateStatus`, with Progressing and ReplicaFailure conditions. */
export function rolloutStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  now: number,
): V1DeploymentStatus {
  const status = calculateStatus(deployment, newSet, all, now);
  let conditions = status.conditions ?? [];
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  const done = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !done) {
    const name = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
    if (isComplete(deployment, status))
      conditions = withCondition(
        conditions,
        condition(
          'Progressing',
          'True',
          'NewReplicaSetAvailable',
          `${name} has successfully progressed.`,
          now,
        ),
      );
    else if (isProgressing(deployment.status, status)) {
      const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${name} is progressing.`, now);
      if (current?.status === 'True') next.lastTransitionTime = current.lastTransitionTime;
      conditions = [...withoutCondition(conditions, 'Progressing'), next];
    } else if (isTimedOut(deployment, current, now))
      conditions = withCondition(
        conditions,
        condition(
          'Progressing',
          'False',
          'ProgressDeadlineExceeded',
          `${name} has timed out progressing.`,
          now,
        ),
      );
  }
  const failure = [newSet, ...all]
    .map(set => findCondition(set?.status?.conditions, 'ReplicaFailure'))
    .find(found => found !== undefined);
  conditions = failure
    ? withCondition(conditions, {
        ...condition('ReplicaFailure', 'True', failure.reason ?? '', failure.message ?? '', now),
        status: failure.status,
      })
    : withoutCondition(conditions, 'ReplicaFailure');
  return { ...status, conditions };
}

function isTimedOut(
  deployment: Deployment,
  current: V1DeploymentCondition | undefined,
  now: number,
): boolean {
  if (!current || current.reason === 'NewReplicaSetAvailable') return false;
  return current.reason === 'ProgressDeadlineExceeded' || deadlineOf(deployment, current) < now;
}

/** Milliseconds after which to look whether the deadline has passed; undefined where nothing is waited for. */
export function untilDeadline(
  deployment: Deployment,
  status: V1DeploymentStatus,
  now: number,
): number | undefined {
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || !current || isComplete(deployment, status)) return undefined;
  if (current.reason === 'ProgressDeadlineExceeded') return undefined;
  return Math.max(0, deadlineOf(deployment, current) - now) + 1000;
}

/** The Progressing condition that pausing or resuming sets; undefined where nothing changes. */
export function pauseCondition(deployment: Deployment, now: number): V1DeploymentCondition | undefined {
  if (!hasProgressDeadline(deployment)) return undefined;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const marked = current?.reason === 'DeploymentPaused';
  const paused = deployment.spec?.paused === true;
  if (paused === marked) return undefined;
  return paused
    ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now);
}
