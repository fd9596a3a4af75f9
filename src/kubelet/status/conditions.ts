import type { V1ContainerStatus, V1Pod, V1PodCondition } from '../../api/generated/types.ts';
import { initContainers, isSidecar } from '../spec.ts';

/** What the kubelet says of a Pod; others may add conditions of their own. */
export const ownConditions = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
] as const;

interface Verdict {
  status: 'True' | 'False';
  reason?: string;
  message?: string;
}

const yes: Verdict = { status: 'True' };
const no = (reason: string, message?: string): Verdict => ({
  status: 'False',
  reason,
  ...(message ? { message } : {}),
});

function containersReady(
  pod: V1Pod,
  inits: V1ContainerStatus[],
  containers: V1ContainerStatus[],
  phase: string,
): Verdict {
  if (phase === 'Succeeded') return no('PodCompleted');
  if (phase === 'Failed') return no('PodFailed');
  const ready = new Map([...inits, ...containers].map(({ name, ready }) => [name, ready]));
  const unready = [...initContainers(pod).filter(isSidecar), ...(pod.spec?.containers ?? [])]
    .map(({ name }) => name)
    .filter(name => !ready.get(name));
  return unready.length === 0
    ? yes
    : no('ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
}

function podReady(pod: V1Pod, containers: Verdict): Verdict {
  if (containers.status === 'False') return containers;
  const conditions = pod.status?.conditions ?? [];
  const missing = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = conditions.find(({ type }) => type === conditionType);
    if (!found) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (found.status !== 'True')
      return [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`];
    return [];
  });
  return missing.length === 0 ? yes : no('ReadinessGatesNotReady', missing.join(', '));
}

function initialized(
  pod: V1Pod,
  inits: V1ContainerStatus[],
  containers: V1ContainerStatus[],
  phase: string,
): Verdict {
  const all = initContainers(pod);
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (all.length === 0) return yes;
  // A main container that was made proves it, whatever has become of the init containers.
  if (containers.some(({ containerID }) => containerID)) return yes;
  const incomplete = all
    .filter(container => {
      const status = inits.find(({ name }) => name === container.name);
      return isSidecar(container) ? !status?.started : !status?.ready;
    })
    .map(({ name }) => name);
  return incomplete.length === 0
    ? yes
    : no('ContainersNotInitialized', `containers with incomplete status: [${incomplete.join(' ')}]`);
}

/** The kubelet's conditions of a Pod, in upstream's order, without transition times (upstream: pkg/kubelet/status/generate.go). */
export function podConditions(
  pod: V1Pod,
  inits: V1ContainerStatus[],
  containers: V1ContainerStatus[],
  phase: string,
  sandboxReady: boolean,
): V1PodCondition[] {
  const ready = containersReady(pod, inits, containers, phase);
  const verdicts: Record<(typeof ownConditions)[number], Verdict> = {
    PodReadyToStartContainers: sandboxReady ? yes : { status: 'False' },
    Initialized: initialized(pod, inits, containers, phase),
    Ready: podReady(pod, ready),
    ContainersReady: ready,
    PodScheduled: yes,
  };
  const { generation } = pod.metadata ?? {};
  return ownConditions.map(type => ({
    type,
    ...verdicts[type],
    ...(generation ? { observedGeneration: generation } : {}),
  }));
}
