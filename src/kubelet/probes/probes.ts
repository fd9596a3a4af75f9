import type { V1Container, V1ContainerStatus, V1Pod, V1Probe } from '../../api/generated/types.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import type { PodEvents } from '../events.ts';
import type { ContainerStatus, Runtime } from '../runtime.ts';
import { allContainers } from '../spec.ts';
import { type ProbeActions, type ProbeKind, probeTiming, probeTitles } from './actions.ts';
import { type ProbeResult, ProbeWorker } from './probe-worker.ts';
import { runProbe } from './run-probe.ts';

/** What probes say of one run of a container. */
export interface ProbeResults {
  startup: ProbeResult;
  liveness: ProbeResult;
  readiness: ProbeResult;
}

interface Run {
  podUid: string;
  workers: Map<ProbeKind, ProbeWorker>;
}

export interface ProbesOptions {
  clock: Clock;
  runtime: Runtime;
  actions: ProbeActions;
  events: PodEvents;
  /** A result of one of the Pod's containers became another one. */
  changed(podUid: string): void;
}

/** The probes of all containers that run on this node (upstream: pkg/kubelet/prober). */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #runs = new Map<string, Run>();
  #closed = false;

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  /** A container without a probe of some kind has `success` for it once it runs. */
  results(container: V1Container, containerId: string): ProbeResults {
    const workers = this.#runs.get(containerId)?.workers;
    const of = (kind: ProbeKind, probe: V1Probe | undefined, initial: ProbeResult): ProbeResult =>
      probe ? (workers?.get(kind)?.result ?? initial) : 'success';
    return {
      startup: of('startup', container.startupProbe, 'unknown'),
      liveness: of('liveness', container.livenessProbe, 'success'),
      readiness: of('readiness', container.readinessProbe, 'failure'),
    };
  }

  /**
   * Starts what is due for the Pod's running containers, and ends the rest; `reported` are the API's container statuses, from which a new
   * kubelet learns what an old one found out. A Pod that ends is still probed for readiness.
   */
  update(
    pod: Stored<V1Pod>,
    running: ContainerStatus[],
    podIP: string,
    reported: V1ContainerStatus[],
    ending: boolean,
  ): void {
    // A worker may have been looking at its Pod when the kubelet ended.
    if (this.#closed) return;
    const podUid = pod.metadata.uid;
    const ids = new Set(running.map(({ id }) => id));
    for (const [id, run] of this.#runs) if (run.podUid === podUid && !ids.has(id)) this.#end(id);
    for (const status of running) {
      const container = allContainers(pod).find(({ name }) => name === status.name);
      if (!container) continue;
      if (!container.startupProbe && !container.livenessProbe && !container.readinessProbe) continue;
      let run = this.#runs.get(status.id);
      if (!run) {
        run = { podUid, workers: new Map() };
        this.#runs.set(status.id, run);
      }
      const before = reported.find(({ containerID }) => containerID?.endsWith(`://${status.id}`));
      const start = (kind: ProbeKind, probe: V1Probe | undefined, initial: ProbeResult): void => {
        if (probe && !run.workers.has(kind))
          run.workers.set(kind, this.#worker(kind, probe, initial, pod, container, status, podIP));
      };
      if (ending) {
        for (const kind of ['startup', 'liveness'] as const) run.workers.get(kind)?.stop();
        continue;
      }
      start('startup', container.startupProbe, before?.started ? 'success' : 'unknown');
      if (this.results(container, status.id).startup !== 'success') continue;
      start('liveness', container.livenessProbe, 'success');
      start('readiness', container.readinessProbe, before?.ready ? 'success' : 'failure');
    }
  }

  forget(podUid: string): void {
    for (const [id, run] of this.#runs) if (run.podUid === podUid) this.#end(id);
  }

  close(): void {
    this.#closed = true;
    for (const id of this.#runs.keys()) this.#end(id);
  }

  #end(id: string): void {
    for (const worker of this.#runs.get(id)?.workers.values() ?? []) worker.stop();
    this.#runs.delete(id);
  }

  #worker(
    kind: ProbeKind,
    probe: V1Probe,
    initial: ProbeResult,
    pod: Stored<V1Pod>,
    container: V1Container,
    status: ContainerStatus,
    podIP: string,
  ): ProbeWorker {
    const { clock, runtime, actions, events, changed } = this.#options;
    const target = { container, containerId: status.id, podIP };
    const { timeoutSeconds } = probeTiming(probe);
    const worker = new ProbeWorker({
      kind,
      probe,
      clock,
      startedAt: status.startedAt,
      initial,
      run: () => runProbe(probe, target, timeoutSeconds, runtime, actions),
      failed: output =>
        events.record(
          pod,
          'Warning',
          'Unhealthy',
          `${probeTitles[kind]} probe failed: ${output}`,
          container.name,
        ),
      changed: () => changed(pod.metadata.uid),
    });
    if (kind === 'startup' && initial === 'success') worker.stop();
    return worker;
  }
}
