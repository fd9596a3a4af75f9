// Scaling a Deployment outside of, or in the middle of, a roll-out (upstream: pkg/controller/deployment/sync.go scale).
import type { V1Deployment } from '../../api/generated/types.ts';
import {
  byAge,
  desiredAnnotation,
  maxAnnotation,
  maxReplicas,
  type ReplicaSet,
  replicasOf,
} from './revisions.ts';
import { type Scaling, sumOfReplicas } from './rolling.ts';

const active = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter(set => replicasOf(set) > 0);

const numberAnnotation = (set: ReplicaSet, name: string): number | undefined => {
  const text = set.metadata.annotations?.[name] ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
};

/** True where the Deployment's size has changed since its active ReplicaSets were scaled. */
export const isScalingEvent = (deployment: V1Deployment, sets: readonly ReplicaSet[]): boolean =>
  active(sets).some(set => {
    const desired = numberAnnotation(set, desiredAnnotation);
    return desired !== undefined && desired !== replicasOf(deployment);
  });

/** The only active ReplicaSet, or the latest one where none is active; undefined where several are. */
function activeOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const running = active(newSet ? [...old, newSet] : old);
  if (running.length > 1) return undefined;
  return running[0] ?? newSet ?? [...old].sort(byAge).at(-1);
}

const isSaturated = (deployment: V1Deployment, set: ReplicaSet | undefined): boolean =>
  set !== undefined &&
  replicasOf(set) === replicasOf(deployment) &&
  numberAnnotation(set, desiredAnnotation) === replicasOf(deployment) &&
  (set.status?.availableReplicas ?? 0) === replicasOf(deployment);

/**
 * New sizes of all ReplicaSets that this concerns, also where only their annotations are out of date.
 * With several active ones each gets a share of the change in proportion to its size; what rounding leaves goes to the largest.
 */
export function planScaling(
  deployment: V1Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const desired = replicasOf(deployment);
  const only = activeOrLatest(newSet, old);
  if (only) return [{ replicaSet: only, replicas: desired }];
  if (isSaturated(deployment, newSet)) return active(old).map(replicaSet => ({ replicaSet, replicas: 0 }));
  if (deployment.spec?.strategy?.type === 'Recreate') return [];

  const sets = active(newSet ? [...old, newSet] : old);
  const toAdd = (desired > 0 ? maxReplicas(deployment) : 0) - sumOfReplicas(sets);
  const order = toAdd > 0 ? (a: ReplicaSet, b: ReplicaSet) => byAge(b, a) : byAge;
  sets.sort((a, b) => replicasOf(b) - replicasOf(a) || order(a, b));
  let added = 0;
  const plan = sets.map(replicaSet => {
    const share = proportion(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, replicas: replicasOf(replicaSet) + share };
  });
  const first = plan[0];
  if (first && toAdd !== 0) first.replicas = Math.max(0, first.replicas + toAdd - added);
  return plan;
}

function proportion(deployment: V1Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(set);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const allowed = toAdd - added;
  const share = fairShare(deployment, set);
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed);
}

function fairShare(deployment: V1Deployment, set: ReplicaSet): number {
  const size = replicasOf(set);
  if (replicasOf(deployment) === 0) return -size;
  const before = numberAnnotation(set, maxAnnotation) || deployment.status?.replicas;
  if (!before) return 0;
  return Math.round((size * maxReplicas(deployment)) / before) - size;
}
