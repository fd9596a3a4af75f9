import type { V1Pod } from '../../api/generated/types.ts';
import { sleep } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import { containerNotes } from '../labels.ts';
import type { ContainerStatus } from '../runtime.ts';
import { findContainer, initContainers, isSidecar } from '../spec.ts';
import type { Core } from './core.ts';
import { runHook } from './hooks.ts';
import type { Kill, PodState } from './plan.ts';

/** Upstream gives a container this long after its preStop hook, however long that took. */
const minGraceSeconds = 2;

/** Seconds for one container: the probe's own where one failed, otherwise the Pod's. */
export function graceFor(
  pod: V1Pod,
  status: ContainerStatus,
  reason: Kill['reason'],
  podGrace: number,
): number {
  const container = findContainer(pod, status.name);
  const own =
    reason === 'liveness'
      ? container?.livenessProbe?.terminationGracePeriodSeconds
      : reason === 'startup'
        ? container?.startupProbe?.terminationGracePeriodSeconds
        : undefined;
  return own ?? podGrace;
}

/** Ends one container: event, preStop hook, stop signal, and the kill after the grace. */
export async function killContainer(
  core: Core,
  pod: Stored<V1Pod>,
  status: ContainerStatus,
  message: string,
  graceSeconds: number,
  podIP: string,
): Promise<void> {
  const { clock, logger } = core.context;
  const container = findContainer(pod, status.name);
  core.events.record(pod, 'Normal', 'Killing', message || `Stopping container ${status.name}`, status.name);
  const preStop = container?.lifecycle?.preStop;
  let remaining = graceSeconds;
  if (container && preStop && graceSeconds > 0 && status.state === 'running') {
    const began = clock.monotonic();
    const hook = runHook(core, preStop, container, status.id, podIP, graceSeconds).catch(error => {
      logger.debug('preStop hook failed', { error });
      core.events.record(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', status.name);
    });
    const timer = new AbortController();
    await Promise.race([hook, sleep(clock, graceSeconds * 1000, timer.signal).catch(() => {})]);
    timer.abort();
    remaining = Math.max(minGraceSeconds, graceSeconds - Math.floor((clock.monotonic() - began) / 1000));
  }
  await core.options.runtime.stopContainer(status.id, remaining);
}

const alive = (status: ContainerStatus): boolean => status.state === 'running' || status.state === 'unknown';

/**
 * Ends all containers of a Pod at once, sidecars after the others and in the reverse order of their start, and then its sandboxes.
 * All share one grace period. `pod` may be what is known of a Pod that the API has forgotten.
 */
export async function killPod(
  core: Core,
  pod: Stored<V1Pod>,
  state: PodState,
  graceSeconds: number | undefined,
  podIP: string,
): Promise<void> {
  const { clock } = core.context;
  const began = clock.monotonic();
  const running = state.containers.filter(alive);
  const sidecars = initContainers(pod)
    .filter(isSidecar)
    .map(({ name }) => name);
  const left = (status: ContainerStatus): number => {
    const total = graceSeconds ?? containerNotes(status.annotations).gracePeriodSeconds;
    return Math.max(0, total - Math.floor((clock.monotonic() - began) / 1000));
  };
  const end = (status: ContainerStatus): Promise<void> =>
    killContainer(core, pod, status, '', left(status), podIP);
  await Promise.all(running.filter(({ name }) => !sidecars.includes(name)).map(end));
  for (const name of sidecars.toReversed())
    await Promise.all(running.filter(each => each.name === name).map(end));
  await Promise.all(state.sandboxes.map(({ id }) => core.options.runtime.stopSandbox(id)));
}
