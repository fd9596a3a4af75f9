import type { V1ContainerStatus, V1Pod } from '../../api/generated/types.ts';
import { containersOf, initContainers, isSidecar, restartPolicyOf } from '../spec.ts';

/** The Pod's phase by its containers' statuses (upstream: pkg/kubelet/kubelet_pods.go, getPhase). `ended`: nothing runs or will run. */
export function podPhase(
  pod: V1Pod,
  inits: V1ContainerStatus[],
  containers: V1ContainerStatus[],
  ended: boolean,
): string {
  const byName = new Map([...inits, ...containers].map(status => [status.name, status]));
  let initializing = 0;
  let failedInit = 0;
  for (const container of initContainers(pod)) {
    const status = byName.get(container.name);
    const end = status?.state?.terminated;
    if (isSidecar(container)) {
      if (!status?.state?.running && !end && !status?.lastState?.terminated) initializing++;
      else if (status?.state?.running && !status.started) initializing++;
    } else if (end) {
      if (end.exitCode !== 0) {
        initializing++;
        failedInit++;
      }
    } else initializing++;
  }
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  let unknown = 0;
  for (const container of containersOf(pod)) {
    const state = byName.get(container.name)?.state;
    const last = byName.get(container.name)?.lastState?.terminated;
    if (!state) unknown++;
    else if (state.running) running++;
    else if (state.terminated) {
      stopped++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (state.waiting && last) stopped++;
    else waiting++;
  }
  if (ended) {
    // What never ran did not succeed.
    const all = containersOf(pod).length;
    return failedInit === 0 && succeeded === all ? 'Succeeded' : 'Failed';
  }
  const policy = restartPolicyOf(pod);
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  const noneRan = running === 0 && stopped === 0;
  if (initializing > 0 && noneRan) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (policy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}
