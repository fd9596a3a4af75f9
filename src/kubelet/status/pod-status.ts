import type { V1Pod, V1PodCondition, V1PodStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { qosClass } from '../container/resources.ts';
import { containersOf, ephemeralContainers, initContainers, isHostNetwork } from '../spec.ts';
import { podConditions } from './conditions.ts';
import { containerStatus, type StatusInput } from './container-status.ts';
import { podPhase } from './phase.ts';

export interface PodStatusInput extends Omit<StatusInput, 'pod'> {
  pod: V1Pod;
  nodeIPs: string[];
  /** Milliseconds since the epoch. */
  now: number;
  /** Nothing runs any more and nothing will. */
  ended: boolean;
  /** Why the kubelet itself ended the Pod. */
  verdict?: { reason: string; message: string } | undefined;
  /** What was told last, which may be newer than what the API's cache has. */
  before: V1PodStatus | undefined;
}

/** Conditions with the times of their last change; a status that stays keeps its time. */
function withTimes(
  fresh: V1PodCondition[],
  before: V1PodCondition[] | undefined,
  now: number,
): V1PodCondition[] {
  return fresh.map(condition => {
    const old = before?.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastTransitionTime:
        old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : timestamp(now),
    };
  });
}

/** The status of a Pod, from its spec, the runtime and what was told before. Conditions are the kubelet's own only. */
export function podStatus(input: PodStatusInput): V1PodStatus {
  const { pod, state, nodeIPs, now, ended, verdict, before } = input;
  const inits = initContainers(pod).map(container =>
    containerStatus(
      container,
      before?.initContainerStatuses?.find(({ name }) => name === container.name),
      input,
    ),
  );
  const containers = containersOf(pod).map(container =>
    containerStatus(
      container,
      before?.containerStatuses?.find(({ name }) => name === container.name),
      input,
    ),
  );
  const debugging = ephemeralContainers(pod).map(container =>
    containerStatus(
      container,
      before?.ephemeralContainerStatuses?.find(({ name }) => name === container.name),
      input,
    ),
  );
  const terminal = before?.phase === 'Succeeded' || before?.phase === 'Failed';
  const phase = terminal
    ? before.phase!
    : verdict && ended
      ? 'Failed'
      : podPhase(pod, inits, containers, ended);
  const [sandbox] = state.sandboxes;
  const sandboxReady = sandbox?.state === 'ready' && (isHostNetwork(pod) || sandbox.ips.length > 0);
  const ips = isHostNetwork(pod)
    ? sandbox
      ? nodeIPs
      : []
    : sandboxReady
      ? sandbox.ips
      : (before?.podIPs ?? []).map(({ ip }) => ip);
  const reason = verdict?.reason ?? (terminal ? before.reason : undefined);
  const message = verdict?.message ?? (terminal ? before.message : undefined);
  return {
    ...(pod.metadata?.generation ? { observedGeneration: pod.metadata.generation } : {}),
    phase,
    conditions: withTimes(
      podConditions(pod, inits, containers, phase, sandboxReady),
      before?.conditions,
      now,
    ),
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(nodeIPs[0] ? { hostIP: nodeIPs[0], hostIPs: nodeIPs.map(ip => ({ ip })) } : {}),
    ...(ips[0] ? { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) } : {}),
    startTime: before?.startTime ?? timestamp(now),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: containers,
    ...(debugging.length > 0 ? { ephemeralContainerStatuses: debugging } : {}),
    qosClass: before?.qosClass ?? qosClass(pod),
  };
}
