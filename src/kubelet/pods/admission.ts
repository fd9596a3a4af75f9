import type { V1Node, V1Pod } from '../../api/generated/types.ts';
import { requiredNodes } from '../../machinery/node-affinity.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../machinery/quantity.ts';
import { isTolerated } from '../../machinery/tolerations.ts';
import { podRequests } from '../container/resources.ts';

/** Why a Pod cannot run here. */
export interface Refusal {
  reason: string;
  message: string;
}

/**
 * Whether a Pod that was given to this node can run on it beside the `others` (upstream: pkg/kubelet/lifecycle/predicate.go). Undefined: yes.
 */
export function refusalOf(
  pod: V1Pod,
  node: V1Node | undefined,
  others: Iterable<V1Pod>,
  maxPods: number,
): Refusal | undefined {
  if (!node) return undefined;
  const { name = '', labels = {} } = node.metadata ?? {};
  if (requiredNodes(pod.spec)?.({ name, labels }) === false)
    return {
      reason: 'NodeAffinity',
      message:
        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  const tolerations = pod.spec?.tolerations ?? [];
  if (
    (node.spec?.taints ?? []).some(taint => taint.effect === 'NoExecute' && !isTolerated(taint, tolerations))
  )
    return {
      reason: 'TaintToleration',
      message:
        "Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    };

  const used = new Map<string, number>();
  let count = 0;
  for (const other of others) {
    count++;
    for (const [resource, amount] of podRequests(other))
      used.set(resource, (used.get(resource) ?? 0) + amount);
  }
  if (count + 1 > maxPods)
    return {
      reason: 'OutOfpods',
      message: `Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: ${count}, capacity: ${maxPods}`,
    };
  for (const [resource, amount] of podRequests(pod)) {
    const text = node.status?.allocatable?.[resource];
    if (amount === 0 || text === undefined) continue;
    const quantity = parseQuantity(text);
    const capacity = resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
    const taken = used.get(resource) ?? 0;
    if (taken + amount > capacity)
      return {
        reason: `OutOf${resource}`,
        message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${amount}, used: ${taken}, capacity: ${capacity}`,
      };
  }
  return undefined;
}
