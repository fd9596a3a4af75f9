// What a Pod needs next, as a function of its spec and of what the runtime reports
// (upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions).
import type { V1Container, V1Pod } from '../../api/generated/types.ts';
import { containerHash, containerNotes } from '../labels.ts';
import type { ProbeResults } from '../probes/probes.ts';
import type { ContainerStatus, SandboxStatus } from '../runtime.ts';
import {
  containersOf,
  ephemeralContainers,
  initContainers,
  isHostNetwork,
  isSidecar,
  restartPolicyOf,
} from '../spec.ts';

/** What the runtime has of a Pod; the newest first. */
export interface PodState {
  sandboxes: SandboxStatus[];
  containers: ContainerStatus[];
}

export const emptyState: PodState = { sandboxes: [], containers: [] };

export interface Kill {
  status: ContainerStatus;
  message: string;
  reason: 'liveness' | 'startup' | 'other';
}

export interface Plan {
  /** All containers and the sandbox are to be ended first. */
  killPod: boolean;
  createSandbox: boolean;
  attempt: number;
  sandboxId: string | undefined;
  kill: Kill[];
  /** In the order in which to start them. */
  start: V1Container[];
}

export const latestStatus = (state: PodState, name: string): ContainerStatus | undefined =>
  state.containers.find(status => status.name === name);

/** Whether a container that is not running is to run (again). */
export function shouldRestart(
  container: V1Container,
  pod: V1Pod,
  status: ContainerStatus | undefined,
): boolean {
  if (pod.metadata?.deletionTimestamp) return false;
  if (!status || status.state === 'created' || status.state === 'unknown') return true;
  if (status.state === 'running') return false;
  const policy = container.restartPolicy ?? restartPolicyOf(pod);
  const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(status.exitCode) ?? false;
    return exitCodes?.operator === 'NotIn' ? !listed : listed;
  });
  if (rule) return rule.action === 'Restart' || rule.action === 'RestartAllContainers';
  if (policy === 'Never') return false;
  return policy === 'Always' || status.exitCode !== 0;
}

function sandboxNeeds(
  pod: V1Pod,
  state: PodState,
): { create: boolean; attempt: number; id: string | undefined } {
  const [newest] = state.sandboxes;
  if (!newest) return { create: true, attempt: 0, id: undefined };
  const ready = state.sandboxes.filter(({ state: each }) => each === 'ready');
  const usable =
    newest.state === 'ready' &&
    ready.length === 1 &&
    newest.network === (isHostNetwork(pod) ? 'node' : 'pod') &&
    (isHostNetwork(pod) || newest.ips.length > 0);
  return usable
    ? { create: false, attempt: newest.attempt, id: newest.id }
    : { create: true, attempt: newest.attempt + 1, id: newest.id };
}

const failedInit = (status: ContainerStatus | undefined): boolean =>
  status?.state === 'exited' && status.exitCode !== 0;

/** All of a Pod's main containers have ended for good. */
export const allDone = (pod: V1Pod, state: PodState): boolean =>
  containersOf(pod).every(container => {
    const status = latestStatus(state, container.name);
    return status?.state === 'exited' && !shouldRestart(container, pod, status);
  });

function killForChange(
  pod: V1Pod,
  container: V1Container,
  status: ContainerStatus,
  results: ProbeResults,
): { kill: Kill; restart: boolean } | undefined {
  const policy = container.restartPolicy ?? restartPolicyOf(pod);
  let restart = policy !== 'Never';
  let message: string;
  let reason: Kill['reason'] = 'other';
  const { hash } = containerNotes(status.annotations);
  if (hash && hash !== containerHash(container)) {
    message = `Container ${container.name} definition changed`;
    restart = true;
  } else if (results.liveness === 'failure') {
    message = `Container ${container.name} failed liveness probe`;
    reason = 'liveness';
  } else if (results.startup === 'failure') {
    message = `Container ${container.name} failed startup probe`;
    reason = 'startup';
  } else return undefined;
  if (restart) message += ', will be restarted';
  return { kill: { status, message, reason }, restart };
}

/**
 * The init containers' part: `done` when the main containers may run. They run one after another; a sidecar counts as passed when it
 * runs and its startup probe has succeeded, and is restarted whenever it ends.
 */
function planInit(
  pod: V1Pod,
  state: PodState,
  resultsOf: (container: V1Container, id: string) => ProbeResults,
  plan: Plan,
): boolean {
  const inits = initContainers(pod);
  // Once a main container was made, the ordinary init containers have done their work in this sandbox.
  const mainExists = containersOf(pod).some(container => {
    const status = latestStatus(state, container.name);
    return status !== undefined && status.createdAt >= (state.sandboxes[0]?.createdAt ?? 0);
  });
  let done = true;
  for (const container of inits) {
    const latest = latestStatus(state, container.name);
    // What ran in an earlier sandbox has initialized nothing in this one.
    const status = latest && latest.createdAt >= (state.sandboxes[0]?.createdAt ?? 0) ? latest : undefined;
    if (isSidecar(container)) {
      if (status?.state === 'running') {
        const results = resultsOf(container, status.id);
        const change = killForChange(pod, container, status, results);
        if (change) {
          plan.kill.push(change.kill);
          plan.start.push(container);
          if (!mainExists) done = false;
        } else if (results.startup !== 'success' && !mainExists) done = false;
      } else {
        plan.start.push(container);
        // Later ones wait for its startup probe; without one, for nothing.
        if (container.startupProbe && !mainExists) done = false;
      }
    } else if (!mainExists) {
      if (status?.state === 'running') {
        const change = killForChange(pod, container, status, resultsOf(container, status.id));
        if (change?.kill.message.includes('definition changed')) plan.kill.push(change.kill);
        done = false;
      } else if (status?.state === 'exited' && status.exitCode === 0) continue;
      else {
        if (failedInit(status) && !shouldRestart(container, pod, status)) {
          plan.killPod = true;
          plan.start = [];
          return false;
        }
        if (status?.state === 'unknown')
          plan.kill.push({
            status,
            message: 'Init container is in "unknown" state, try killing it before restart',
            reason: 'other',
          });
        plan.start.push(container);
        done = false;
      }
    }
    if (!done) return false;
  }
  return true;
}

/** The next steps toward what the spec wants. A plan without any of them: the Pod is as it should be. */
export function planPod(
  pod: V1Pod,
  state: PodState,
  resultsOf: (container: V1Container, id: string) => ProbeResults,
): Plan {
  const sandbox = sandboxNeeds(pod, state);
  const plan: Plan = {
    killPod: sandbox.create,
    createSandbox: sandbox.create,
    attempt: sandbox.attempt,
    sandboxId: sandbox.id,
    kill: [],
    start: [],
  };
  if (sandbox.create) {
    // A Pod that never restarts does not come back when its sandbox is lost.
    if (restartPolicyOf(pod) === 'Never' && sandbox.attempt !== 0 && state.containers.length > 0)
      plan.createSandbox = false;
    else if (allDone(pod, state)) plan.createSandbox = false;
    if (!plan.createSandbox) return plan;
    const [first] = initContainers(pod);
    if (!first) plan.start = containersOf(pod).filter(each => wanted(each, pod, state));
    else {
      const fresh: PodState = { sandboxes: state.sandboxes, containers: [] };
      planInit(pod, fresh, resultsOf, plan) &&
        plan.start.push(...containersOf(pod).filter(each => wanted(each, pod, state)));
    }
    return plan;
  }
  const debugging = ephemeralContainers(pod).filter(({ name }) => !latestStatus(state, name));
  if (!planInit(pod, state, resultsOf, plan)) {
    if (!plan.killPod) plan.start.unshift(...debugging);
    return plan;
  }

  let keep = 0;
  const startInit = plan.start.length;
  for (const container of containersOf(pod)) {
    const status = latestStatus(state, container.name);
    if (status?.state !== 'running') {
      if (!shouldRestart(container, pod, status)) continue;
      plan.start.push(container);
      if (status?.state === 'unknown')
        plan.kill.push({
          status,
          message: 'Container is in "unknown" state, try killing it before restart',
          reason: 'other',
        });
      continue;
    }
    const change = killForChange(pod, container, status, resultsOf(container, status.id));
    if (!change) {
      keep++;
      continue;
    }
    plan.kill.push(change.kill);
    if (change.restart) plan.start.push(container);
  }
  if (keep === 0 && plan.start.length === startInit) {
    plan.killPod = true;
    plan.start = [];
    return plan;
  }
  plan.start.unshift(...debugging);
  return plan;
}

/** With a new sandbox, containers that have succeeded for good stay as they are. */
function wanted(container: V1Container, pod: V1Pod, state: PodState): boolean {
  const status = latestStatus(state, container.name);
  return !(status?.state === 'exited' && status.exitCode === 0 && restartPolicyOf(pod) === 'OnFailure');
}
