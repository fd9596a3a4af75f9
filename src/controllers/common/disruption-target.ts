import type { V1Pod, V1PodStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { podCondition } from './pods.ts';

/** The Pod's status saying that it is about to be ended from outside (KEP-3329); undefined where it says so already. */
export function withDisruptionTarget(
  pod: V1Pod,
  reason: string,
  message: string,
  now: number,
): V1PodStatus | undefined {
  const current = podCondition(pod, 'DisruptionTarget');
  if (current?.status === 'True' && current.reason === reason && current.message === message)
    return undefined;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastTransitionTime: timestamp(now),
    ...(pod.metadata?.generation ? { observedGeneration: pod.metadata.generation } : {}),
  };
  return { ...pod.status, conditions: [...others, condition] };
}
