import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Container, V1ContainerStatus, V1Pod } from '../../api/generated/types.ts';
import type { Timer } from '../../machinery/clock.ts';
import { equal } from '../../machinery/equality.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import { isConflict, isNotFound } from '../../machinery/status-error.ts';
import { podLogDirectory } from '../container/sandbox-config.ts';
import type { ProbeResults } from '../probes/probes.ts';
import { gracePeriodOf, isHostNetwork } from '../spec.ts';
import { podStatus } from '../status/pod-status.ts';
import { MountError } from '../volumes/volumes.ts';
import type { Core } from './core.ts';
import { executePlan, type Run } from './execute.ts';
import { killPod } from './kill.ts';
import { allDone, emptyState, type PodState, planPod } from './plan.ts';
import { PodVolumes } from './pod-volumes.ts';
import { Interrupted } from './start.ts';

/** Why the kubelet ends a Pod that the API wants to run. */
export interface Verdict {
  reason: string;
  message: string;
}

const mountRetryMs = 500;
const maxMountRetryMs = 122_000;
const sandboxRetryMs = 1000;

/**
 * Drives one Pod, level by level: it looks at what the API wants and at what the runtime has, does what is missing, and looks again.
 * Wake-ups (API, runtime, probes, timers) tell only that it is time to look. Once it ends, it never starts anything again.
 */
export class PodWorker {
  readonly uid: string;
  pod: Stored<V1Pod>;
  state: PodState = emptyState;
  /** `gone` when nothing of the Pod is left, in the runtime and in the API. */
  stage: 'running' | 'ending' | 'ended' | 'gone' = 'running';
  verdict: Verdict | undefined;

  readonly #core: Core;
  readonly #finished: (worker: PodWorker) => void;
  readonly #reasons = new Map<string, { reason: string; message: string }>();
  readonly #ending = new AbortController();
  readonly #timers = new Set<Timer>();
  readonly #volumes: PodVolumes;
  /** What carrying out a plan needs of this worker. */
  readonly #run: Run;
  #mountFailures = 0;
  #forgotten = false;
  #dirty = false;
  #busy = false;
  #closed = false;
  #deadline: Timer | undefined;

  constructor(core: Core, pod: Stored<V1Pod>, state: PodState, finished: (worker: PodWorker) => void) {
    this.#core = core;
    this.uid = pod.metadata.uid;
    this.pod = pod;
    this.state = state;
    this.#finished = finished;
    this.#volumes = new PodVolumes(core, this.uid);
    this.#run = {
      pod: () => this.pod,
      state: () => this.state,
      podIPs: () => this.podIPs,
      reasons: this.#reasons,
      observe: () => this.#observe(),
      tell: () => this.#tell(),
      wakeAfter: milliseconds => this.#wakeAfter(milliseconds),
      unlessEnding: this.#unlessEnding,
      ending: this.#ending.signal,
    };
  }

  /** Looks soon. */
  wake(): void {
    this.#dirty = true;
    if (this.#busy || this.#closed || this.stage === 'gone') return;
    this.#busy = true;
    void this.#loop();
  }

  /** The API's Pod is another one now. */
  update(pod: Stored<V1Pod>): void {
    const before = this.pod;
    this.pod = pod;
    this.#core.statuses.observed(pod);
    if (pod.metadata.deletionTimestamp) this.#beginEnd();
    if (this.stage === 'ending' && gracePeriodOf(pod) < gracePeriodOf(before)) this.#hurry();
    if (
      !equal(before.metadata.annotations, pod.metadata.annotations) ||
      !equal(before.metadata.labels, pod.metadata.labels)
    )
      this.#volumes.invalidate();
    this.wake();
  }

  /** The API has forgotten the Pod. */
  forget(): void {
    this.#forgotten = true;
    this.#beginEnd();
    this.wake();
  }

  /** Ends the Pod for a reason of the node's. */
  evict(verdict: Verdict): void {
    this.verdict ??= verdict;
    this.#beginEnd();
    this.wake();
  }

  /** An object that the Pod refers to is another one now: its volumes are to be refreshed. */
  referencesChanged(): void {
    this.#volumes.invalidate();
    this.wake();
  }

  /** Leaves the Pod as it is: the kubelet ends, not the Pod. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#deadline?.cancel();
    this.#ending.abort(new Interrupted());
  }

  get podIPs(): string[] {
    return isHostNetwork(this.pod) ? this.#core.options.nodeIPs : (this.state.sandboxes[0]?.ips ?? []);
  }

  /** What was last told of a container. */
  reported(name: string): V1ContainerStatus | undefined {
    const status = this.#core.statuses.last(this.uid) ?? this.pod.status;
    return [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ].find(each => each.name === name);
  }

  async #loop(): Promise<void> {
    const { logger } = this.#core.context;
    while (this.#dirty && !this.#closed && this.stage !== 'gone') {
      this.#dirty = false;
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof Interrupted) && !this.#closed) {
          logger.warn('pod could not be synchronized', { pod: keyOf(this.pod), error });
          this.#wakeAfter(sandboxRetryMs);
        }
      }
    }
    this.#busy = false;
  }

  async #step(): Promise<void> {
    await this.#observe();
    if (this.pod.metadata.deletionTimestamp) this.#beginEnd();
    if (this.stage === 'running') await this.#stepRunning();
    else if (this.stage === 'ending') await this.#stepEnding();
    else await this.#stepEnded();
  }

  async #observe(): Promise<void> {
    this.state = await this.#core.observer.observe(this.uid, this.state);
    this.#updateProbes();
  }

  #updateProbes(): void {
    const running = this.state.containers.filter(({ state }) => state === 'running');
    const reported = [
      ...(this.pod.status?.containerStatuses ?? []),
      ...(this.pod.status?.initContainerStatuses ?? []),
    ];
    this.#core.probes.update(this.pod, running, this.podIPs[0] ?? '', reported, this.stage !== 'running');
  }

  readonly #resultsOf = (container: V1Container, id: string): ProbeResults =>
    this.#core.probes.results(container, id);

  /** Tells the API how the Pod is. */
  #tell(): void {
    const { statuses, options, context, runtimeName } = this.#core;
    const status = podStatus({
      pod: this.pod,
      state: this.state,
      reasons: this.#reasons,
      runtimeName,
      resultsOf: this.#resultsOf,
      ending: this.stage !== 'running',
      ended: this.stage === 'ended',
      nodeIPs: options.nodeIPs,
      now: context.clock.now(),
      verdict: this.verdict,
      before: statuses.last(this.uid) ?? this.pod.status,
    });
    statuses.set(this.pod, status);
  }

  #wakeAfter(milliseconds: number): void {
    this.#after(milliseconds, () => this.wake());
  }

  #after(milliseconds: number, callback: () => void): void {
    if (this.#closed) return;
    const timer = this.#core.context.clock.timer(milliseconds, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }

  readonly #unlessEnding = <T>(work: Promise<T>): Promise<T> => {
    const { signal } = this.#ending;
    return new Promise((resolve, reject) => {
      const interrupt = (): void => reject(new Interrupted());
      if (signal.aborted) interrupt();
      signal.addEventListener('abort', interrupt, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', interrupt));
    });
  };

  #beginEnd(): void {
    if (this.stage !== 'running') return;
    this.stage = 'ending';
    this.#ending.abort(new Interrupted());
    this.#updateProbes();
  }

  // ---- while it is to run

  async #stepRunning(): Promise<void> {
    this.#watchDeadline();
    this.#tell();
    if (this.state.containers.length > 0 && allDone(this.pod, this.state)) {
      this.#beginEnd();
      return this.#stepEnding();
    }
    const volumes = await this.#prepareVolumes();
    if (!volumes) return;
    const plan = planPod(this.pod, this.state, this.#resultsOf);
    await executePlan(this.#core, this.#run, plan, volumes);
    if (plan.kill.length > 0 || plan.start.length > 0 || plan.killPod) {
      await this.#observe();
      this.#tell();
    }
    const failedForGood = plan.killPod && !plan.createSandbox;
    if (failedForGood) {
      this.#beginEnd();
      this.#dirty = true;
    }
  }

  #watchDeadline(): void {
    const seconds = this.pod.spec?.activeDeadlineSeconds;
    const started = this.#core.statuses.last(this.uid)?.startTime ?? this.pod.status?.startTime;
    if (seconds === undefined || !started || this.#deadline || this.#closed) return;
    const { clock } = this.#core.context;
    const left = Date.parse(started) + seconds * 1000 - clock.now();
    this.#deadline = clock.timer(Math.max(0, left), () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#core.events.record(this.pod, 'Normal', 'DeadlineExceeded', message);
      this.evict({ reason: 'DeadlineExceeded', message });
    });
  }

  /** Undefined if a volume cannot be made yet; it is tried again. */
  async #prepareVolumes(): Promise<Map<string, string> | undefined> {
    const { context, events } = this.#core;
    try {
      const paths = await this.#unlessEnding(
        this.#volumes.prepare(this.pod, this.podIPs, left =>
          this.#after(left, () => this.referencesChanged()),
        ),
      );
      this.#mountFailures = 0;
      return paths;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      if (error instanceof MountError) events.record(this.pod, 'Warning', 'FailedMount', error.message);
      else context.logger.warn('references of a pod could not be read', { pod: keyOf(this.pod), error });
      this.#wakeAfter(Math.min(maxMountRetryMs, mountRetryMs * 2 ** this.#mountFailures++));
      return undefined;
    }
  }

  // ---- while it ends

  /** Seconds that containers have from now on. */
  #grace(): number {
    const seconds = gracePeriodOf(this.pod);
    return this.#forgotten ? Math.max(1, seconds) : seconds;
  }

  /** The grace became shorter while containers are stopping. */
  #hurry(): void {
    const seconds = gracePeriodOf(this.pod);
    for (const status of this.state.containers)
      if (status.state === 'running')
        this.#core.options.runtime.stopContainer(status.id, seconds).catch(error => {
          this.#core.context.logger.debug('container could not be hurried', { error });
        });
  }

  async #stepEnding(): Promise<void> {
    if (!this.#forgotten) this.#tell();
    await killPod(this.#core, this.pod, this.state, this.#grace(), this.podIPs[0] ?? '');
    await this.#observe();
    if (this.state.containers.some(({ state }) => state === 'running')) {
      // Another start was on its way when the end began.
      this.#dirty = true;
      return;
    }
    this.stage = 'ended';
    this.#core.probes.forget(this.uid);
    if (!this.#forgotten) this.#tell();
    await this.#stepEnded();
  }

  /** Containers stay, for their logs, until the API has forgotten the Pod. */
  async #stepEnded(): Promise<void> {
    const { context, statuses, options } = this.#core;
    if (!this.#forgotten && !this.pod.metadata.deletionTimestamp) {
      await this.#volumes.release();
      return;
    }
    if (!this.#forgotten) {
      await statuses.flushed(this.uid);
      await this.#volumes.release();
      try {
        await context.client.delete(pods, this.pod.metadata.name, this.pod.metadata.namespace, {
          gracePeriodSeconds: 0,
          preconditions: { uid: this.uid },
        });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      // Finalizers may keep it in the API; the node has done its part.
    }
    this.stage = 'gone';
    this.#core.backoff.forget(this.uid);
    this.#core.puller.forget(this.uid);
    for (const timer of this.#timers) timer.cancel();
    this.#deadline?.cancel();
    await Promise.all(this.state.containers.map(({ id }) => options.runtime.removeContainer(id)));
    await Promise.all(this.state.sandboxes.map(({ id }) => options.runtime.removeSandbox(id)));
    await this.#volumes.release();
    await options.files.removeDirectory(podLogDirectory(options.logDirectory, this.pod));
    statuses.forget(this.uid);
    this.#finished(this);
  }
}
