import type {
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1VolumeMountStatus,
} from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { containerNotes } from '../labels.ts';
import { type PodState, shouldRestart } from '../pods/plan.ts';
import type { ProbeResults } from '../probes/probes.ts';
import type { ContainerStatus } from '../runtime.ts';
import { containersOf, initContainers, isSidecar } from '../spec.ts';

/** Why a container does not run, by name. */
export type WaitReasons = ReadonlyMap<string, { reason: string; message: string }>;

export interface StatusInput {
  pod: V1Pod;
  state: PodState;
  reasons: WaitReasons;
  runtimeName: string;
  resultsOf(container: V1Container, containerId: string): ProbeResults;
  /** The Pod ends or has ended: nothing is started any more. */
  ending: boolean;
}

const terminated = (status: ContainerStatus, runtimeName: string): V1ContainerState => ({
  terminated: {
    exitCode: status.exitCode,
    reason: status.reason || (status.exitCode === 0 ? 'Completed' : 'Error'),
    ...(status.message ? { message: status.message } : {}),
    ...(status.startedAt ? { startedAt: timestamp(status.startedAt) } : {}),
    ...(status.finishedAt ? { finishedAt: timestamp(status.finishedAt) } : {}),
    containerID: `${runtimeName}://${status.id}`,
  },
});

const waiting = (reason: string, message?: string): V1ContainerState => ({
  waiting: { reason, ...(message ? { message } : {}) },
});

const unknownMessage = 'The container could not be located when the pod was';

/** What is told of a container that ran and that the runtime has forgotten. */
const lost = (how: 'deleted' | 'terminated', before: string): V1ContainerState => ({
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: `${unknownMessage} ${how}.  The container used to be ${before}`,
  },
});

function mountStatuses(container: V1Container): V1VolumeMountStatus[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
}

/** One container's status (upstream: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses). */
export function containerStatus(
  container: V1Container,
  before: V1ContainerStatus | undefined,
  input: StatusInput,
): V1ContainerStatus {
  const { pod, state, reasons, runtimeName, ending } = input;
  const runs = state.containers.filter(({ name }) => name === container.name);
  const [latest, previous] = runs;
  const isInit = initContainers(pod).includes(container);
  const fallback =
    isInit || (initContainers(pod).length > 0 && containersOf(pod).includes(container))
      ? 'PodInitializing'
      : 'ContainerCreating';
  const base = {
    name: container.name,
    image: latest?.image || container.image || '',
    imageID: latest?.imageRef ?? '',
    restartCount: latest ? containerNotes(latest.annotations).restartCount : (before?.restartCount ?? 0),
    ready: false,
    started: false,
    ...(latest ? { containerID: `${runtimeName}://${latest.id}` } : {}),
  };
  const why = reasons.get(container.name);

  if (!latest) {
    const ran = before?.state?.running ?? (before?.state?.terminated && before);
    if (ran && ending)
      return {
        ...base,
        ...(before?.containerID ? { containerID: before.containerID } : {}),
        imageID: before?.imageID ?? '',
        lastState: before?.lastState ?? {},
        state: before?.state?.terminated ? before.state : lost('deleted', 'Running'),
      };
    return {
      ...base,
      lastState: before?.state?.running ? lost('terminated', 'Running') : (before?.lastState ?? {}),
      state: why ? waiting(why.reason, why.message) : waiting(fallback),
    };
  }

  const lastOf = (status: ContainerStatus | undefined): V1ContainerState =>
    status?.state === 'exited' ? terminated(status, runtimeName) : (before?.lastState ?? {});
  if (latest.state === 'running') {
    const results = input.resultsOf(container, latest.id);
    const started = results.startup === 'success';
    return {
      ...base,
      state: { running: { startedAt: timestamp(latest.startedAt) } },
      lastState: lastOf(previous),
      started,
      // An init container is ready when it has done its work; a sidecar as any other.
      ready: started && results.readiness === 'success' && (!isInit || isSidecar(container)),
      ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
      resources: container.resources ?? {},
      ...(container.volumeMounts ? { volumeMounts: mountStatuses(container) } : {}),
    };
  }
  if (latest.state === 'exited') {
    const end = terminated(latest, runtimeName);
    const comesBack = !ending && why !== undefined && shouldRestart(container, pod, latest);
    return {
      ...base,
      state: comesBack ? waiting(why.reason, why.message) : end,
      lastState: comesBack ? end : lastOf(previous),
      ready: isInit && !isSidecar(container) && latest.exitCode === 0,
    };
  }
  return {
    ...base,
    state: why ? waiting(why.reason, why.message) : waiting(fallback),
    lastState: lastOf(previous),
  };
}
