import type { Refusal } from './select-node.ts';

const histogram = (reasons: Iterable<string>): string => {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
};

/** Upstream's text of why a pod found no node (pkg/scheduler/framework/types.go, FitError); `preemption` is what was tried about it. */
export function fitMessage({ nodes, message, rejections }: Refusal, preemption = ''): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const reasons = message ?? histogram([...rejections.values()].flatMap(rejection => [...rejection.reasons]));
  const text = `0/${nodes} nodes are available:${reasons ? ` ${reasons}.` : ''}`;
  return preemption ? `${text} preemption: ${preemption}` : text;
}

/** Why preemption found nobody to remove, by node. */
export const preemptionMessage = (nodes: number, reasons: Iterable<string>): string =>
  `0/${nodes} nodes are available: ${histogram(reasons)}.`;
