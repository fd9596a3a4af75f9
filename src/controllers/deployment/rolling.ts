// How far each ReplicaSet may go in this round of a rolling update (upstream: pkg/controller/deployment/rolling.go).
import type { V1Deployment } from '../../api/generated/types.ts';
import { byAge, maxReplicas, maxUnavailable, type ReplicaSet, replicasOf } from './revisions.ts';

export interface Scaling {
  replicaSet: ReplicaSet;
  replicas: number;
}

export const sumOfReplicas = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + replicasOf(set), 0);

/**
 * Pods that count as available. Its status may lag behind a scaling down that is under way; what is to go then is not counted,
 * so that the floor of available Pods holds even while caches are stale.
 */
const availableOf = (set: ReplicaSet): number =>
  Math.min(set.status?.availableReplicas ?? 0, replicasOf(set));

/** How many replicas the new ReplicaSet should have now. `all` contains it, if it exists. */
export function newReplicas(deployment: V1Deployment, all: readonly ReplicaSet[], current: number): number {
  const desired = replicasOf(deployment);
  if (deployment.spec?.strategy?.type === 'Recreate') return desired;
  if (current >= desired) return desired;
  const room = maxReplicas(deployment) - sumOfReplicas(all);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** Scaling down of old ReplicaSets: first Pods that are not available, then, as far as the floor allows, those that are. */
export function scaleDownOld(
  deployment: V1Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const all = newSet ? [...old, newSet] : [...old];
  const floor = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = newSet ? replicasOf(newSet) - availableOf(newSet) : 0;
  const budget = sumOfReplicas(all) - floor - newUnavailable;
  if (sumOfReplicas(old) === 0 || budget <= 0) return [];

  const oldest = [...old].sort(byAge);
  const targets = new Map<ReplicaSet, number>();
  const size = (set: ReplicaSet): number => targets.get(set) ?? replicasOf(set);

  let left = budget;
  for (const set of oldest) {
    const unhealthy = replicasOf(set) - availableOf(set);
    const gone = Math.min(left, unhealthy);
    if (gone <= 0) continue;
    targets.set(set, replicasOf(set) - gone);
    left -= gone;
  }

  let spare = all.reduce((sum, set) => sum + availableOf(set), 0) - floor;
  for (const set of oldest) {
    const gone = Math.min(spare, left, size(set));
    if (gone <= 0) continue;
    targets.set(set, size(set) - gone);
    spare -= gone;
    left -= gone;
  }
  return [...targets].map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}
