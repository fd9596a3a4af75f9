// A kubelet under test: an API in memory, a runtime, and what tests ask of them. The same cases run on a simulated runtime with a clock
// of its own and on a real containerd.
import { configmaps, events, nodes, pods, secrets, services } from '../../api/generated/resources/core.v1.ts';
import type { V1Container, V1ContainerStatus, V1Node, V1Pod, V1PodSpec } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';
import { createFakeClient, type FakeClient } from '../../client/fake-client.ts';
import { createInformers } from '../../client/informers.ts';
import type { Clock } from '../../machinery/clock.ts';
import { silentLogger } from '../../machinery/logger.ts';
import { noMetrics } from '../../machinery/metrics.ts';
import type { Stored } from '../../machinery/object.ts';
import { seededRandom } from '../../machinery/random.ts';
import { type Kubelet, startKubelet } from '../kubelet.ts';
import type { KubeletOptions } from '../options.ts';
import type { Runtime } from '../runtime.ts';
import type { ImageBehaviour } from '../simulated/behaviour.ts';

export const nodeName = 'node-1';

/** What a case may use. */
export interface Bench {
  client: FakeClient;
  context: ComponentContext;
  clock: Clock;
  kubelet: Kubelet;
  /** A container that behaves like this, for the runtime under test. */
  container(behaviour: ImageBehaviour, more?: Partial<V1Container>): V1Container;
  /** A probe by a command that succeeds when the container is ready by its behaviour, or by `setReady`. */
  probe: { exec: { command: string[] } };
  setReady(pod: string, container: string, ready: boolean): Promise<void>;
  /** Waits, in the runtime's own time. */
  until(what: string, condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** Lets time pass. */
  pass(milliseconds: number): Promise<void>;
  logOf(pod: string, container: string): Promise<string[]>;
  /** Ends the kubelet, not its containers, and starts another one. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** How many containers of a Pod the runtime has. */
  containersOf(pod: string): Promise<number>;
  /** Ends a Pod's sandbox behind the kubelet's back. */
  loseSandbox(pod: string): Promise<void>;
  close(): Promise<void>;
}

export const contextFor = (client: FakeClient, clock: Clock): ComponentContext => {
  const base = { client, clock, random: seededRandom(7), logger: silentLogger, metrics: noMetrics };
  return { ...base, informers: createInformers(client, base) };
};

/** The kubelet's options, but for what depends on the runtime. */
export const benchOptions = (
  own: Pick<KubeletOptions, 'runtime' | 'machine' | 'files' | 'rootDirectory' | 'logDirectory'>,
): KubeletOptions => ({
  nodeName,
  nodeIPs: ['10.90.0.1'],
  hostname: nodeName,
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  cgroupParent: '/tsukube-test',
  versions: { kubelet: 'v1.36.0' },
  hostResolvConf: '/etc/resolv.conf',
  ...own,
});

export function createClient(clock: Clock): FakeClient {
  return createFakeClient({ clock });
}

export const start = (context: ComponentContext, options: KubeletOptions): Promise<Kubelet> =>
  startKubelet(context, options);

/** Ends a Pod's sandbox as if it had died. */
export async function endSandbox(runtime: Runtime, pod: string): Promise<void> {
  for (const { id, name } of await runtime.sandboxes()) if (name === pod) await runtime.stopSandbox(id);
}

// ---- what cases ask

/** Gives the node a Pod. */
export function addPod(
  bench: Bench,
  name: string,
  spec: V1PodSpec,
  metadata: V1Pod['metadata'] = {},
): Stored<V1Pod> {
  return bench.client.seed(pods, {
    metadata: { name, namespace: 'default', ...metadata },
    spec: { nodeName, terminationGracePeriodSeconds: 5, ...spec },
  });
}

export const podOf = (bench: Bench, name: string): Stored<V1Pod> | undefined =>
  bench.client.all(pods).find(({ metadata }) => metadata.name === name);

export const nodeOf = (bench: Bench): Stored<V1Node> | undefined => bench.client.all(nodes)[0];

export const statusOf = (bench: Bench, pod: string, container: string): V1ContainerStatus | undefined => {
  const { containerStatuses = [], initContainerStatuses = [] } = podOf(bench, pod)?.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
};

export const conditionOf = (bench: Bench, pod: string, type: string): string | undefined =>
  podOf(bench, pod)?.status?.conditions?.find(condition => condition.type === type)?.status;

export const isReady = (bench: Bench, pod: string): boolean => conditionOf(bench, pod, 'Ready') === 'True';

/** Events about a Pod, as `reason: message`. */
export const eventsOf = (bench: Bench, pod: string): string[] =>
  bench.client
    .all(events)
    .filter(({ involvedObject }) => involvedObject.name === pod)
    .map(({ reason, message }) => `${reason}: ${message}`);

export const addConfigMap = (bench: Bench, name: string, data: Record<string, string>): void => {
  bench.client.seed(configmaps, { metadata: { name, namespace: 'default' }, data });
};

export const addSecret = (bench: Bench, name: string, data: Record<string, string>): void => {
  const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)]);
  bench.client.seed(secrets, { metadata: { name, namespace: 'default' }, data: Object.fromEntries(encoded) });
};

export const addService = (
  bench: Bench,
  name: string,
  namespace: string,
  clusterIP: string,
  port: number,
): void => {
  bench.client.seed(services, { metadata: { name, namespace }, spec: { clusterIP, ports: [{ port }] } });
};
