// pods/eviction: a deletion that disruption budgets may refuse (upstream pkg/registry/core/pod/storage/eviction.go, v1.36).
import { pods } from '../../api/generated/resources/core.v1.ts';
import { poddisruptionbudgets } from '../../api/generated/resources/policy.v1.ts';
import type { V1DeleteOptions, V1Eviction, V1Pod, V1PodDisruptionBudget } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import { type Clock, timestamp } from '../../machinery/clock.ts';
import { findCondition, isConditionTrue, setCondition } from '../../machinery/conditions.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import type { Stored } from '../../machinery/object.ts';
import { isConflict, StatusError } from '../../machinery/status-error.ts';
import { badRequest, forbidden, timeout } from '../../machinery/status-errors.ts';
import type { SubresourceHandler } from '../contracts.ts';
import { success } from './binding.ts';

const attempts = 20;
/** Evictions that the budget's controller has not seen yet, at most. */
const mostDisrupted = 2_000;
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

const tooMany = (message: string, retryAfterSeconds: number): StatusError =>
  new StatusError('TooManyRequests', refusal, {
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
    causes: [{ reason: 'DisruptionBudget', message }],
  });
const stillProcessing = (name: string): StatusError =>
  tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);

const hasEnded = ({ metadata, status }: V1Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata?.deletionTimestamp !== undefined;
const ignoresBudgets = (pod: V1Pod): boolean => hasEnded(pod) || pod.status?.phase === 'Pending';

/** One disruption less, or the refusal. */
function decrement(budget: Stored<V1PodDisruptionBudget>, pod: string, clock: Clock): V1PodDisruptionBudget {
  const { name, generation = 0 } = budget.metadata;
  const status = budget.status;
  if ((status?.observedGeneration ?? 0) < generation || !status) throw stillProcessing(name);
  const refuse = (why: string) => forbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why);
  const allowance = status.disruptionsAllowed ?? 0;
  if (allowance < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > mostDisrupted)
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (allowance === 0) {
    throw tooMany(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
      0,
    );
  }
  const left = allowance - 1;
  const allowed = findCondition(status.conditions, 'DisruptionAllowed');
  const conditions =
    left === 0
      ? setCondition(
          status.conditions,
          {
            ...allowed,
            type: 'DisruptionAllowed',
            status: 'False',
            reason: 'InsufficientPods',
            message: '',
            observedGeneration: status.observedGeneration,
            lastTransitionTime: timestamp(clock.now()),
          },
          clock,
        )
      : status.conditions;
  return {
    ...budget,
    status: {
      ...status,
      conditions: conditions && [...conditions],
      disruptionsAllowed: left,
      disruptedPods: { ...status.disruptedPods, [pod]: timestamp(clock.now()) },
    },
  };
}

/** True where an unready Pod may go without counting: the budget is met without it, or it asks for that. */
function mayGoUnready(pod: V1Pod, { spec, status }: V1PodDisruptionBudget): boolean {
  if (isConditionTrue(pod.status?.conditions, 'Ready')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = status?.desiredHealthy ?? 0;
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired;
}

export function evictionHandler(client: Client, clock: Clock): SubresourceHandler {
  const budgetsOf = async (pod: Stored<V1Pod>): Promise<Stored<V1PodDisruptionBudget>[]> => {
    const { items } = await client.list(poddisruptionbudgets, { namespace: pod.metadata.namespace });
    return items.filter(({ spec }) => {
      const selector = compileLabelSelector(spec?.selector);
      return !selector.empty && selector.matches(pod.metadata.labels);
    });
  };

  const spend = async (first: Stored<V1PodDisruptionBudget>, pod: string, dryRun: boolean): Promise<void> => {
    let budget = first;
    for (let attempt = 1; ; attempt++) {
      const next = decrement(budget, pod, clock);
      if (dryRun) return;
      try {
        await client.updateStatus(poddisruptionbudgets, next);
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
        const { name, namespace } = budget.metadata;
        if (attempt === attempts)
          throw timeout(`couldn't update PodDisruptionBudget ${JSON.stringify(name)} due to conflicts`, 10);
        budget = await client.get(poddisruptionbudgets, name, namespace);
      }
    }
  };

  return {
    group: '',
    resource: 'pods',
    subresource: 'eviction',
    async handle({ namespace, name, body, dryRun }) {
      const eviction = body as V1Eviction;
      if (eviction.metadata?.name && eviction.metadata.name !== name)
        throw badRequest('name in URL does not match name in Eviction object');
      const asked: V1DeleteOptions = {
        ...eviction.deleteOptions,
        ...(dryRun ? { dryRun: ['All'] } : {}),
      };
      const trial = dryRun || (asked.dryRun?.length ?? 0) > 0;
      const pinned = asked.preconditions?.resourceVersion !== undefined;
      const remove = (version: string | undefined): Promise<void> =>
        client.delete(pods, name, namespace, {
          ...asked,
          ...(version && !pinned
            ? { preconditions: { ...asked.preconditions, resourceVersion: version } }
            : {}),
        });
      for (let attempt = 1; ; attempt++) {
        const pod = await client.get(pods, name, namespace);
        let budget: Stored<V1PodDisruptionBudget> | undefined;
        let version: string | undefined;
        if (ignoresBudgets(pod)) version = hasEnded(pod) ? undefined : pod.metadata.resourceVersion;
        else {
          const budgets = await budgetsOf(pod);
          if (budgets.length > 1) {
            throw new StatusError(
              '',
              'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
            );
          }
          budget = budgets[0];
          if (budget && mayGoUnready(pod, budget)) version = pod.metadata.resourceVersion;
          else if (budget) await spend(budget, name, trial);
        }
        try {
          await remove(version);
          return success();
        } catch (error) {
          if (!isConflict(error) || pinned || !version) throw error;
          if (budget) throw stillProcessing(budget.metadata.name);
          if (attempt === attempts) throw error;
        }
      }
    },
  };
}
