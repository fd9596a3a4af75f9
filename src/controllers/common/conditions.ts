import { type Condition, findCondition } from '../../machinery/conditions.ts';

export const withoutCondition = <C extends Condition>(conditions: readonly C[], type: string): C[] =>
  conditions.filter(condition => condition.type !== type);

/**
 * The list with `next` at its end, as upstream does for Deployments and ReplicaSets: nothing changes where status and reason are
 * the same (not even the message), and the transition time is kept where the status is.
 */
export function withCondition<C extends Condition>(conditions: readonly C[], next: C): C[] {
  const current = findCondition(conditions, next.type);
  if (current && current.status === next.status && current.reason === next.reason) return [...conditions];
  const kept =
    current && current.status === next.status ? { lastTransitionTime: current.lastTransitionTime } : {};
  return [...withoutCondition(conditions, next.type), { ...next, ...kept }];
}
