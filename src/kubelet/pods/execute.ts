import type { V1Container, V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { containerHash } from '../labels.ts';
import type { SandboxConfig } from '../runtime.ts';
import { gracePeriodOf, initContainers, isSidecar, podText } from '../spec.ts';
import type { Core } from './core.ts';
import { graceFor, killContainer, killPod } from './kill.ts';
import { latestStatus, type Plan, type PodState } from './plan.ts';
import { Interrupted, makeSandboxConfig, StartError, startContainer } from './start.ts';

/** A Pod that a plan is carried out for; what the functions give may change with every step. */
export interface Run {
  pod(): Stored<V1Pod>;
  state(): PodState;
  podIPs(): string[];
  /** Why containers do not run, by name. */
  reasons: Map<string, { reason: string; message: string }>;
  /** Reads the state anew. */
  observe(): Promise<void>;
  /** Tells the API how the Pod is. */
  tell(): void;
  wakeAfter(milliseconds: number): void;
  /** Waits for what may take long; throws Interrupted when the Pod is to end meanwhile. */
  unlessEnding<T>(work: Promise<T>): Promise<T>;
  ending: AbortSignal;
}

const retryMs = 1000;

/** Ends, makes and starts what the plan says, in upstream's order. Throws Interrupted when the Pod is to end meanwhile. */
export async function executePlan(
  core: Core,
  run: Run,
  plan: Plan,
  volumes: Map<string, string>,
): Promise<void> {
  await killPlanned(core, run, plan);
  if (plan.start.length === 0) return;
  // What ran has ended now: its exit counts for back-off and restart count.
  if (plan.kill.length > 0 || plan.killPod) await run.observe();
  const sandbox = await makeSandboxConfig(core, run.pod(), plan.attempt);
  const sandboxId = plan.createSandbox ? await createSandbox(core, run, sandbox) : plan.sandboxId;
  if (sandboxId === undefined) return;
  for (const container of plan.start) {
    stopIfEnding(run);
    const started = await start(core, run, container, sandboxId, sandbox, volumes);
    await run.observe();
    run.tell();
    // An init container that does not start holds up those after it.
    if (!started && initContainers(run.pod()).includes(container) && !isSidecar(container)) return;
  }
}

const stopIfEnding = ({ ending }: Run): void => {
  if (ending.aborted) throw new Interrupted();
};

async function killPlanned(core: Core, run: Run, plan: Plan): Promise<void> {
  const pod = run.pod();
  const state = run.state();
  const podIP = run.podIPs()[0] ?? '';
  if (plan.killPod) {
    if (plan.createSandbox && plan.sandboxId)
      core.events.record(
        pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      );
    const anything = state.sandboxes.length > 0 || state.containers.length > 0;
    if (anything) await run.unlessEnding(killPod(core, pod, state, gracePeriodOf(pod), podIP));
    return;
  }
  await run.unlessEnding(
    Promise.all(
      plan.kill.map(({ status, message, reason }) =>
        killContainer(core, pod, status, message, graceFor(pod, status, reason, gracePeriodOf(pod)), podIP),
      ),
    ),
  );
}

/** Undefined if there is none yet; it is tried again. */
async function createSandbox(core: Core, run: Run, sandbox: SandboxConfig): Promise<string | undefined> {
  stopIfEnding(run);
  try {
    const id = await core.options.runtime.runSandbox(sandbox);
    await run.observe();
    return id;
  } catch (error) {
    core.events.record(
      run.pod(),
      'Warning',
      'FailedCreatePodSandBox',
      `Failed to create pod sandbox: ${(error as Error).message}`,
    );
    run.wakeAfter(retryMs);
    return undefined;
  }
}

/** Puts a container off that crashed a short while ago; false if it may start. */
function isBackingOff(core: Core, run: Run, container: V1Container): boolean {
  const { backoff, events } = core;
  const pod = run.pod();
  const latest = latestStatus(run.state(), container.name);
  if (latest?.state !== 'exited') return false;
  const key = `${pod.metadata.uid}_${container.name}_${containerHash(container)}`;
  const wait = backoff.remaining(key, latest.finishedAt);
  if (wait <= 0) {
    backoff.next(key, latest.finishedAt);
    return false;
  }
  const seconds = backoff.delay(key) / 1000;
  const text = seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`;
  if (run.reasons.get(container.name)?.reason !== 'CrashLoopBackOff')
    events.record(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`,
      container.name,
    );
  run.reasons.set(container.name, {
    reason: 'CrashLoopBackOff',
    message: `back-off ${text} restarting failed container=${container.name} pod=${podText(pod)}`,
  });
  run.wakeAfter(wait);
  return true;
}

async function start(
  core: Core,
  run: Run,
  container: V1Container,
  sandboxId: string,
  sandbox: SandboxConfig,
  volumes: Map<string, string>,
): Promise<boolean> {
  if (isBackingOff(core, run, container)) return false;
  try {
    await startContainer(core, container, {
      pod: run.pod(),
      state: run.state(),
      sandboxId,
      sandbox,
      podIPs: run.podIPs(),
      volumes,
      unlessEnding: run.unlessEnding,
      reported: run.pod().status,
    });
    run.reasons.delete(container.name);
    return true;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    run.reasons.set(container.name, { reason: error.reason, message: error.message });
    run.wakeAfter(error.retryAfterMs ?? retryMs);
    return false;
  }
}
