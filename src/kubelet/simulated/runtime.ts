// A runtime without processes: what containers do is data, and time is the clock's. For tests and simulations of whole clusters.
import { type Clock, sleep } from '../../machinery/clock.ts';
import { podUidLabel } from '../labels.ts';
import type { ProbeActions, ProbeOutcome } from '../probes/actions.ts';
import { type Image, type Runtime, RuntimeError, type RuntimeEvent, type SandboxConfig } from '../runtime.ts';
import type { MemoryFiles } from '../volumes/memory.ts';
import { AddressPool } from './addresses.ts';
import { type ImageBehaviour, outcome } from './behaviour.ts';
import { SimulatedContainer } from './container.ts';

export interface SimulatedRuntimeOptions {
  clock: Clock;
  podCidr: string;
  /** The behaviour of an image by its name as the Pod has it; undefined is an image that no registry knows. */
  image(name: string): ImageBehaviour | undefined;
  /** Images that need no pull. */
  present?: string[];
  /** How long a sandbox takes; default 0. */
  sandboxMs?: number;
  /** Where termination messages are left. */
  files?: MemoryFiles;
}

interface SimulatedSandbox {
  id: string;
  config: SandboxConfig;
  ip: string;
  createdAt: number;
  ready: boolean;
}

export interface SimulatedRuntime extends Runtime {
  /** Probes of simulated containers by their addresses: give it to the kubelet. */
  readonly probeActions: ProbeActions;
  /** Makes an image need no pull. */
  addImage(name: string): void;
  /** The newest run of a container that is running; undefined if there is none. */
  running(pod: string, container: string): SimulatedContainer | undefined;
  /** All that were made and not removed. */
  readonly all: ReadonlyMap<string, SimulatedContainer>;
}

const notFound = (what: string, id: string): RuntimeError =>
  new RuntimeError('not-found', `rpc error: code = NotFound desc = ${what} "${id}": not found`);

export function createSimulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const { clock, files } = options;
  const addresses = new AddressPool(options.podCidr);
  const sandboxes = new Map<string, SimulatedSandbox>();
  const containers = new Map<string, SimulatedContainer>();
  const present = new Set(options.present ?? []);
  const handlers = new Set<(event: RuntimeEvent) => void>();
  let serial = 0;
  const nextId = (): string => (++serial).toString(16).padStart(64, '0');
  const emit = (event: RuntimeEvent): void => {
    for (const handler of handlers) handler(event);
  };

  const container = (id: string): SimulatedContainer => {
    const found = containers.get(id);
    if (!found) throw notFound('container', id);
    return found;
  };
  const imageOf = (name: string): Image => {
    const behaviour = options.image(name) ?? {};
    return {
      id: name,
      tags: [name],
      digests: [],
      sizeBytes: behaviour.sizeBytes ?? 1_000_000,
      ...(behaviour.user !== undefined ? { uid: behaviour.user } : {}),
      username: '',
      pinned: false,
    };
  };
  const ended = (one: SimulatedContainer): void => {
    const { terminationMessage } = one.behaviour;
    const mount = one.config.mounts.find(({ hostPath }) => hostPath.includes('/containers/'));
    if (terminationMessage && mount) files?.texts.set(mount.hostPath, terminationMessage);
    emit({ type: 'exit', id: one.id });
  };

  const probeAt = (host: string): boolean => {
    for (const sandbox of sandboxes.values()) {
      if (!sandbox.ready || sandbox.ip !== host) continue;
      for (const one of containers.values())
        if (one.sandboxId === sandbox.id && one.state === 'running' && !one.passesProbes()) return false;
      return true;
    }
    return false;
  };
  const probe = (host: string, port: number): ProbeOutcome =>
    probeAt(host)
      ? { ok: true, output: '' }
      : { ok: false, output: `dial tcp ${host}:${port}: connect: connection refused` };

  const streaming = async (): Promise<never> => {
    throw new RuntimeError('other', 'a simulated container has no streams');
  };

  return {
    probeActions: {
      http: async ({ host, port }) => probe(host, port),
      tcp: async (host, port) => probe(host, port),
      grpc: async (host, port) => probe(host, port),
    },
    all: containers,
    addImage: name => void present.add(name),
    running: (pod, name) =>
      [...containers.values()].findLast(
        one =>
          one.config.name === name &&
          one.state === 'running' &&
          sandboxes.get(one.sandboxId)?.config.name === pod,
      ),

    version: async () => ({ name: 'simulated', version: '1' }),
    async status() {
      const fine = { ok: true, reason: '', message: '' };
      return { runtime: fine, network: fine };
    },
    async setPodCidr() {},

    async runSandbox(config) {
      await sleep(clock, options.sandboxMs ?? 0);
      const id = nextId();
      const ip = config.namespaces.network === 'node' ? '' : addresses.take();
      sandboxes.set(id, { id, config, ip, createdAt: clock.now(), ready: true });
      return id;
    },
    async stopSandbox(id) {
      const sandbox = sandboxes.get(id);
      if (!sandbox?.ready) return;
      for (const one of containers.values()) if (one.sandboxId === id) await one.stop(0);
      sandbox.ready = false;
      if (sandbox.ip) addresses.release(sandbox.ip);
    },
    async removeSandbox(id) {
      for (const one of [...containers.values()]) if (one.sandboxId === id) containers.delete(one.id);
      sandboxes.delete(id);
    },
    async sandboxes(podUid) {
      return [...sandboxes.values()]
        .filter(({ config }) => podUid === undefined || config.uid === podUid)
        .map(sandboxStatus);
    },
    async sandboxStatus(id) {
      const sandbox = sandboxes.get(id);
      if (!sandbox) throw notFound('sandbox', id);
      return sandboxStatus(sandbox);
    },

    async createContainer(sandboxId, config, sandbox) {
      if (!sandboxes.get(sandboxId)?.ready) throw notFound('sandbox', sandboxId);
      const behaviour = options.image(config.image) ?? {};
      const one = new SimulatedContainer(
        nextId(),
        sandboxId,
        config,
        behaviour,
        clock,
        sandbox.logDirectory,
        ended,
      );
      containers.set(one.id, one);
      return one.id;
    },
    async startContainer(id) {
      const one = container(id);
      await sleep(clock, one.behaviour.startMs ?? 0);
      if (one.behaviour.startError) {
        one.exit(128, 'StartError');
        throw new RuntimeError('other', one.behaviour.startError);
      }
      one.start();
    },
    stopContainer: async (id, graceSeconds) => containers.get(id)?.stop(graceSeconds),
    async removeContainer(id) {
      containers.delete(id);
    },
    async containers(podUid) {
      return [...containers.values()]
        .filter(({ config }) => podUid === undefined || config.labels[podUidLabel] === podUid)
        .map(one => ({ ...one.status(), sandboxId: one.sandboxId }));
    },
    containerStatus: async id => container(id).status(),
    async reopenLog() {},
    containerStats: async () => [],

    async execSync(id, command) {
      const one = container(id);
      if (one.state !== 'running') throw new RuntimeError('other', `container is in ${one.state} state`);
      const { exec } = one.behaviour;
      if (exec) return outcome(exec(command, one.config));
      return outcome({ exitCode: one.passesProbes() ? 0 : 1 });
    },
    exec: streaming,
    attach: streaming,
    portForward: streaming,

    images: async () => Array.from(present, imageOf),
    imageStatus: async name => (present.has(name) ? imageOf(name) : undefined),
    async pullImage(name) {
      const behaviour = options.image(name);
      await sleep(clock, behaviour?.pullMs ?? 0);
      if (!behaviour || behaviour.pullError)
        throw new RuntimeError(
          'not-found',
          behaviour?.pullError ??
            `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": not found`,
        );
      present.add(name);
      return name;
    },
    async removeImage(name) {
      present.delete(name);
    },
    imageFilesystem: async () => ({ mountpoint: '/', usedBytes: 0 }),

    subscribe(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    async [Symbol.asyncDispose]() {},
  };
}

const sandboxStatus = ({ id, config, ip, createdAt, ready }: SimulatedSandbox) => ({
  id,
  name: config.name,
  namespace: config.namespace,
  uid: config.uid,
  attempt: config.attempt,
  state: ready ? ('ready' as const) : ('not-ready' as const),
  createdAt,
  labels: config.labels,
  ips: ip ? [ip] : [],
  network: config.namespaces.network,
});
