import type { FilterPlugin, Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';

/** True if the node has room for the pod; the common case, told without making reasons. */
export function fits(pod: PodInfo, node: NodeInfo): boolean {
  if (node.pods.size >= node.allowedPods) return false;
  if (pod.cpu > 0 && pod.cpu > node.cpu - node.usedCpu) return false;
  if (pod.memory > 0 && pod.memory > node.memory - node.usedMemory) return false;
  for (const [resource, value] of pod.otherRequests) {
    const free = (node.allocatable.get(resource) ?? 0) - (node.usedOthers.get(resource) ?? 0);
    if (value > 0 && value > free) return false;
  }
  return true;
}

function explain(pod: PodInfo, node: NodeInfo): Rejection {
  const reasons = node.pods.size >= node.allowedPods ? ['Too many pods'] : [];
  let unresolvable = false;
  const check = (resource: string, value: number, all: number, used: number): void => {
    if (value <= 0 || value <= all - used) return;
    reasons.push(`Insufficient ${resource}`);
    unresolvable ||= value > all;
  };
  check('cpu', pod.cpu, node.cpu, node.usedCpu);
  check('memory', pod.memory, node.memory, node.usedMemory);
  for (const [resource, value] of pod.otherRequests) {
    check(resource, value, node.allocatable.get(resource) ?? 0, node.usedOthers.get(resource) ?? 0);
  }
  return { reasons, unresolvable };
}

/** Enough of every resource that is asked for, and room for one more pod. */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  events: ['node-added', 'node-allocatable', 'pod-deleted'],
  prepare: pod => ({ filter: node => (fits(pod, node) ? undefined : explain(pod, node)) }),
};
