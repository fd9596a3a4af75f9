// How many Pods of a PodDisruptionBudget may be disrupted (upstream: pkg/controller/disruption/disruption.go).
import type { V1Pod, V1PodDisruptionBudget, V1PodDisruptionBudgetStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import { scaledValue } from '../../machinery/intstr.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodReady } from '../common/pods.ts';

/** An eviction that was granted but not carried out for so long is forgotten. */
const disruptionTimeoutMs = 2 * 60_000;

export interface Expectation {
  expected: number;
  desired: number;
}

/** `controlled` is the sum of the sizes of all controllers of the Pods. */
export function expectation(budget: V1PodDisruptionBudget, pods: number, controlled: number): Expectation {
  const { maxUnavailable, minAvailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const desired = Math.max(0, controlled - scaledValue(maxUnavailable, controlled, 'up'));
    return { expected: controlled, desired };
  }
  if (typeof minAvailable === 'number') return { expected: pods, desired: minAvailable };
  if (minAvailable !== undefined)
    return { expected: controlled, desired: scaledValue(minAvailable, controlled, 'up') };
  return { expected: 0, desired: 0 };
}

export interface BudgetState {
  status: V1PodDisruptionBudgetStatus;
  /** When the next granted disruption is forgotten. */
  recheckMs: number | undefined;
}

export function budgetState(
  budget: Stored<V1PodDisruptionBudget>,
  pods: readonly Stored<V1Pod>[],
  { expected, desired }: Expectation,
  now: number,
): BudgetState {
  const disruptedPods: Record<string, string> = {};
  let recheckMs: number | undefined;
  for (const [name, since] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const left = Date.parse(since) + disruptionTimeoutMs - now;
    if (!pod || pod.metadata.deletionTimestamp || left <= 0) continue;
    disruptedPods[name] = since;
    recheckMs = Math.min(recheckMs ?? left, left);
  }
  const healthy = pods.filter(
    pod =>
      !pod.metadata.deletionTimestamp && disruptedPods[pod.metadata.name] === undefined && isPodReady(pod),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const status = allowed > 0 ? 'True' : 'False';
  const current = findCondition(budget.status?.conditions, 'DisruptionAllowed');
  const observedGeneration = budget.metadata.generation ?? 0;
  const condition = {
    type: 'DisruptionAllowed',
    status,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration,
    lastTransitionTime: current?.status === status ? current.lastTransitionTime : timestamp(now),
  };
  const others = (budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed');
  return {
    recheckMs,
    status: {
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      disruptionsAllowed: allowed,
      ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
      observedGeneration,
      conditions: [...others, condition],
    },
  };
}
