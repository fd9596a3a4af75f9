// The status of a ReplicaSet or ReplicationController (upstream: pkg/controller/replicaset/replica_set_utils.go).
import type { V1Pod, V1ReplicaSet, V1ReplicaSetStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import { hasLabels } from '../../machinery/labels.ts';
import type { Stored } from '../../machinery/object.ts';
import { withCondition, withoutCondition } from '../common/conditions.ts';
import { isPodReady, untilAvailable } from '../common/pods.ts';

export interface ReplicaStatus {
  status: V1ReplicaSetStatus;
  /** When the next ready Pod becomes available by time alone. */
  nextCheckMs: number | undefined;
}

/** `failure` is what creating or deleting Pods threw in this round; `difference` is active Pods less wanted ones. */
export function calculateStatus(
  replicaSet: Stored<V1ReplicaSet>,
  active: readonly V1Pod[],
  terminating: readonly V1Pod[],
  failure: unknown,
  now: number,
): ReplicaStatus {
  const wanted = replicaSet.spec?.replicas ?? 1;
  const templateLabels = replicaSet.spec?.template?.metadata?.labels ?? {};
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  let ready = 0;
  let available = 0;
  let labeled = 0;
  let nextCheckMs: number | undefined;
  for (const pod of active) {
    if (hasLabels(pod.metadata?.labels, templateLabels)) labeled++;
    if (!isPodReady(pod)) continue;
    ready++;
    const wait = untilAvailable(pod, minReadySeconds, now) ?? 0;
    if (wait === 0) available++;
    else nextCheckMs = Math.min(nextCheckMs ?? wait, wait);
  }
  let conditions = replicaSet.status?.conditions ?? [];
  if (failure === undefined) conditions = withoutCondition(conditions, 'ReplicaFailure');
  else if (!findCondition(conditions, 'ReplicaFailure'))
    conditions = withCondition(conditions, {
      type: 'ReplicaFailure',
      status: 'True',
      reason: active.length > wanted ? 'FailedDelete' : 'FailedCreate',
      message: failure instanceof Error ? failure.message : String(failure),
      lastTransitionTime: timestamp(now),
    });
  return {
    nextCheckMs,
    status: {
      replicas: active.length,
      fullyLabeledReplicas: labeled,
      readyReplicas: ready,
      availableReplicas: available,
      terminatingReplicas: terminating.length,
      ...(conditions.length > 0 ? { conditions } : {}),
      observedGeneration: replicaSet.metadata.generation ?? 0,
    },
  };
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** True where writing `next` would change nothing that a reader sees (zero and absent are the same). */
export function sameStatus(current: V1ReplicaSetStatus | undefined, next: V1ReplicaSetStatus): boolean {
  const text = (status: V1ReplicaSetStatus | undefined): string =>
    JSON.stringify([
      counts.map(count => status?.[count] ?? 0),
      status?.terminatingReplicas ?? 0,
      status?.observedGeneration ?? 0,
      (status?.conditions ?? []).map(({ type, status: state, reason, message }) => [
        type,
        state,
        reason,
        message,
      ]),
    ]);
  return text(current) === text(next);
}
