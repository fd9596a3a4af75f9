// Which Pods go first when there are too many (upstream: pkg/controller/controller_utils.go ActivePodsWithRanks).
import type { V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodActive, isPodReady, readySince } from '../common/pods.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseOrder: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

const deletionCost = (pod: V1Pod): number => {
  const text = pod.metadata?.annotations?.[deletionCostAnnotation] ?? '';
  return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
};

const restarts = (pod: V1Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(status => status.restartCount));

/** Ages are compared by their power of two (of nanoseconds), so that of Pods about as old not always the youngest goes. */
const ageRank = (since: number, now: number): number =>
  now <= since ? -1 : Math.floor(Math.log2((now - since) * 1e6));

function compareAges(a: number, b: number, uids: [string, string], now: number): number {
  const difference = ageRank(a, now) - ageRank(b, now);
  return difference !== 0 ? difference : uids[0] < uids[1] ? -1 : 1;
}

/**
 * `pods` in the order in which to delete them. `related` are all Pods of ReplicaSets of the same Deployment:
 * the more active ones a node has, the earlier its Pods go.
 */
export function inDeletionOrder(
  pods: readonly Stored<V1Pod>[],
  related: readonly V1Pod[],
  now: number,
): Stored<V1Pod>[] {
  const onNode = new Map<string, number>();
  for (const pod of related)
    if (isPodActive(pod) && pod.spec?.nodeName)
      onNode.set(pod.spec.nodeName, (onNode.get(pod.spec.nodeName) ?? 0) + 1);
  const rank = (pod: V1Pod): number => onNode.get(pod.spec?.nodeName ?? '') ?? 0;
  const phase = (pod: V1Pod): number => phaseOrder[pod.status?.phase ?? ''] ?? 0;
  return [...pods].sort((a, b) => {
    const simple =
      Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
      phase(a) - phase(b) ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      rank(b) - rank(a);
    if (simple !== 0) return simple;
    const uids: [string, string] = [a.metadata.uid, b.metadata.uid];
    const [readyA, readyB] = [readySince(a), readySince(b)];
    if (readyA !== undefined && readyB !== undefined && readyA !== readyB)
      return compareAges(readyA, readyB, uids, now);
    const moreRestarts = restarts(b) - restarts(a);
    if (moreRestarts !== 0) return moreRestarts;
    const [createdA, createdB] = [a, b].map(pod => Date.parse(pod.metadata.creationTimestamp)) as [
      number,
      number,
    ];
    return createdA === createdB ? 0 : compareAges(createdA, createdB, uids, now);
  });
}
