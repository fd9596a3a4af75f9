import type { ComponentContext } from '../client/component.ts';
import { kubernetesVersion } from '../cluster/version.ts';
import { type Kubelet, startKubelet } from '../kubelet/kubelet.ts';
import { podNameLabel, podNamespaceLabel } from '../kubelet/labels.ts';
import type { KubeletOptions, MachineFacts } from '../kubelet/options.ts';
import type { ImageBehaviour } from '../kubelet/simulated/behaviour.ts';
import type { SimulatedContainer } from '../kubelet/simulated/container.ts';
import { createSimulatedRuntime, type SimulatedRuntime } from '../kubelet/simulated/runtime.ts';
import { createMemoryFiles } from '../kubelet/volumes/memory.ts';
import type { ClusterClock } from './cluster-clock.ts';

export interface NodeOptions {
  /** Default `node-1`, `node-2` … */
  name?: string;
  labels?: Record<string, string>;
  taints?: KubeletOptions['taints'];
  /** Default 4. */
  cpus?: number;
  /** Default 8 GiB. */
  memoryBytes?: number;
  /** Default 110. */
  maxPods?: number;
}

export interface NodePlan extends NodeOptions {
  name: string;
  address: string;
  podCidr: string;
  clusterDns: string;
  clock: ClusterClock;
  image(name: string): ImageBehaviour | undefined;
  /** A client and caches of the node's own, over a connection that `before` may refuse and whose end breaks its watches. */
  context(link: { before(): void; connection(): AbortSignal }): ComponentContext;
}

const gibibyte = 1024 ** 3;

/** No answer at all, as over a cut cable. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A node whose kubelet is the real one, and whose containers, disk and network are data. */
export class SimulatedNode implements AsyncDisposable {
  readonly name: string;
  /** Of containers: what they are, and what happens to them. */
  readonly runtime: SimulatedRuntime;
  readonly #plan: NodePlan;
  readonly #files = createMemoryFiles();
  #running: { kubelet: Kubelet; context: ComponentContext } | undefined;
  #connection = new AbortController();
  #cut = false;
  #boots = 0;

  constructor(plan: NodePlan) {
    this.#plan = plan;
    this.name = plan.name;
    this.runtime = createSimulatedRuntime({
      clock: plan.clock,
      podCidr: plan.podCidr,
      image: plan.image,
      files: this.#files,
    });
  }

  /** Starts the kubelet; resolves when the node is in the API. */
  async start(): Promise<void> {
    this.#boots++;
    const context = this.#plan.context({
      before: () => {
        if (this.#cut) throw this.#unreachable();
      },
      connection: () => this.#connection.signal,
    });
    this.#running = { context, kubelet: await startKubelet(context, this.#kubeletOptions()) };
  }

  /** The newest run of a container that runs here; undefined if there is none. `exit` it, or set `ready`. */
  container(pod: string, name?: string, namespace = 'default'): SimulatedContainer | undefined {
    return [...this.runtime.all.values()].findLast(
      ({ config, state }) =>
        state === 'running' &&
        config.labels[podNameLabel] === pod &&
        config.labels[podNamespaceLabel] === namespace &&
        (name === undefined || config.name === name),
    );
  }

  /** Dies, as by a power cut: the kubelet says nothing any more and no container runs. */
  async fail(): Promise<void> {
    this.#disconnect();
    const die = async (): Promise<void> => {
      await this.#stopKubelet();
      for (const container of this.runtime.all.values()) container.exit(255, 'Unknown');
      for (const { id } of await this.runtime.sandboxes()) await this.runtime.stopSandbox(id);
    };
    await this.#plan.clock.drive(die());
    await this.#plan.clock.settle();
  }

  /** Goes on running, but reaches the API no more, nor the API it. */
  async partition(): Promise<void> {
    this.#disconnect();
    await this.#plan.clock.settle();
  }

  /** Boots after `fail`, or is connected again after `partition`. */
  async recover(): Promise<void> {
    this.#cut = false;
    this.#connection = new AbortController();
    if (!this.#running) await this.#plan.clock.drive(this.start());
    await this.#plan.clock.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopKubelet();
  }

  #disconnect(): void {
    this.#cut = true;
    this.#connection.abort(this.#unreachable());
  }

  #unreachable(): Unreachable {
    return new Unreachable(`${this.name} does not reach the API server`);
  }

  async #stopKubelet(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.kubelet[Symbol.asyncDispose]();
    await running?.context.informers[Symbol.asyncDispose]();
  }

  #facts(): MachineFacts {
    const { name, cpus = 4, memoryBytes = 8 * gibibyte } = this.#plan;
    return {
      ...{ cpus, memoryBytes, storageBytes: 100 * gibibyte },
      ...{ kernelVersion: '6.1.0', osImage: 'Simulated', operatingSystem: 'linux', architecture: 'amd64' },
      ...{ machineId: name, systemUuid: name, bootId: `${name}-${this.#boots}` },
    };
  }

  #kubeletOptions(): KubeletOptions {
    const { name, address, podCidr, clusterDns, labels, taints, maxPods } = this.#plan;
    const facts = this.#facts();
    return {
      nodeName: name,
      nodeIPs: [address],
      hostname: name,
      runtime: this.runtime,
      machine: {
        facts: async () => facts,
        usage: async () => ({
          cpuNanoseconds: 0,
          workingSetBytes: 0,
          availableBytes: facts.memoryBytes,
        }),
        disk: async () => ({ totalBytes: facts.storageBytes, availableBytes: facts.storageBytes }),
        removeCgroup: async () => {},
      },
      files: this.#files,
      probeActions: this.runtime.probeActions,
      rootDirectory: '/var/lib/kubelet',
      logDirectory: '/var/log/pods',
      clusterDns: [clusterDns],
      clusterDomain: 'cluster.local',
      podCidrs: [podCidr],
      cgroupParent: '/kubepods',
      versions: { kubelet: kubernetesVersion, kubeProxy: kubernetesVersion },
      hostResolvConf: '/etc/resolv.conf',
      ...(labels ? { labels } : {}),
      ...(taints ? { taints } : {}),
      ...(maxPods === undefined ? {} : { maxPods }),
    };
  }
}
