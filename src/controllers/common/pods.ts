// Facts about one Pod that several controllers decide on (upstream: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go).
import type { V1Pod, V1PodCondition } from '../../api/generated/types.ts';

export const podCondition = (pod: V1Pod, type: string): V1PodCondition | undefined =>
  pod.status?.conditions?.find(condition => condition.type === type);

export const isPodReady = (pod: V1Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

/** Succeeded or Failed: it will never run again. */
export const isPodTerminal = (pod: V1Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Counts as a replica: neither ended nor being deleted. */
export const isPodActive = (pod: V1Pod): boolean => !isPodTerminal(pod) && !pod.metadata?.deletionTimestamp;

/** Being deleted, but not ended yet. */
export const isPodTerminating = (pod: V1Pod): boolean =>
  !isPodTerminal(pod) && pod.metadata?.deletionTimestamp !== undefined;

/** When the Pod became ready (ms since the epoch), undefined where it is not ready. */
export function readySince(pod: V1Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : 0;
}

/** Milliseconds until a ready Pod is available; 0 when it is, undefined when it is not ready. */
export function untilAvailable(pod: V1Pod, minReadySeconds: number, now: number): number | undefined {
  const since = readySince(pod);
  if (since === undefined) return undefined;
  return minReadySeconds > 0 ? Math.max(0, since + minReadySeconds * 1000 - now) : 0;
}

export const isPodAvailable = (pod: V1Pod, minReadySeconds: number, now: number): boolean =>
  untilAvailable(pod, minReadySeconds, now) === 0;
