// A cluster for controllers' scenarios: a client, controllers, time under control, and a kubelet that is a few lines long.

import { createRegistry } from '../../../src/api/builtins.ts';
import { nodes, pods } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1Pod } from '../../../src/api/generated/types.ts';
import type { AdmissionPlugin } from '../../../src/apiserver/contracts.ts';
import { permissiveStages } from '../../../src/apiserver/permissive.ts';
import { createApiServer } from '../../../src/apiserver/server.ts';
import type { Client } from '../../../src/client/client.ts';
import { createInformers } from '../../../src/client/informers.ts';
import { startControllers } from '../../../src/controllers/all.ts';
import { targetNode } from '../../../src/controllers/daemonset/placement.ts';
import { type Clock, timestamp } from '../../../src/machinery/clock.ts';
import { type Logger, silentLogger } from '../../../src/machinery/logger.ts';
import { noMetrics } from '../../../src/machinery/metrics.ts';
import type { Stored } from '../../../src/machinery/object.ts';
import { seededRandom } from '../../../src/machinery/random.ts';
import { isConflict, isNotFound } from '../../../src/machinery/status-error.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts';

export interface TestCluster extends AsyncDisposable {
  client: Client;
  clock: TestClock;
  /** Errors and panics that controllers logged. */
  problems: string[];
  /** Pods that `isReady` refuses stay unready; absent: all become ready at once. */
  readiness: (pod: Stored<V1Pod>) => boolean;
  /** Pods that it refuses are left as they are, but for their deletion. */
  drives: (pod: Stored<V1Pod>) => boolean;
  /** Looks at all Pods again, after `readiness` has changed. */
  refresh(): Promise<void>;
}

const setReady = (pod: Stored<V1Pod>, ready: boolean, now: number): V1Pod => ({
  ...pod,
  status: {
    phase: 'Running',
    podIP: pod.status?.podIP ?? ipOf(pod),
    podIPs: pod.status?.podIPs ?? [{ ip: ipOf(pod) }],
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp(now) }],
  },
});

const ips = new Map<string, string>();
function ipOf(pod: Stored<V1Pod>): string {
  const { uid } = pod.metadata;
  if (!ips.has(uid)) ips.set(uid, `10.244.${(ips.size >> 8) & 255}.${ips.size & 255}`);
  return ips.get(uid)!;
}

/** What the few lines of kubelet look at. */
export interface Kubelet {
  client: Client;
  clock: Clock;
  readiness: (pod: Stored<V1Pod>) => boolean;
  drives: (pod: Stored<V1Pod>) => boolean;
  refresh(): Promise<void>;
}

/** Runs and ends Pods until `signal` is aborted. */
export function startKubelet(cluster: Kubelet, signal: AbortSignal): Promise<void>[] {
  const { client, clock } = cluster;
  const quietly = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  };
  const drive = async (pod: Stored<V1Pod>): Promise<void> => {
    const { name, namespace, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      await quietly(client.delete(pods, name, namespace, { gracePeriodSeconds: 0 }));
      return;
    }
    if (!cluster.drives(pod)) return;
    const ready = cluster.readiness(pod);
    const condition = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (condition?.status !== (ready ? 'True' : 'False'))
      await quietly(client.updateStatus(pods, setReady(pod, ready, clock.now())));
  };
  cluster.refresh = async () => {
    for (const pod of (await client.list(pods)).items) await drive(pod);
  };
  const watch = async (): Promise<void> => {
    for await (const event of client.watch(pods, { sendInitialEvents: true, signal }))
      if (event.type === 'ADDED' || event.type === 'MODIFIED') await drive(event.object);
  };
  return [watch()];
}

/** In place of a scheduler: every Pod is on the first node from the beginning. */
export const placement: AdmissionPlugin = {
  name: 'TestPlacement',
  admit({ operation, registration, object }) {
    const { spec } = (object ?? {}) as V1Pod;
    if (operation === 'CREATE' && registration.resource === 'pods' && spec)
      spec.nodeName ??= targetNode(object as V1Pod) ?? 'node-1';
  },
};

async function startServer(clock: TestClock) {
  const server = await createApiServer({
    store: createMemoryStore(),
    registry,
    clock,
    random: seededRandom(7),
    logger: silentLogger,
    metrics: noMetrics,
    stages: permissiveStages({ admission: [placement] }),
    version: { gitVersion: 'v1.36.0', major: '1', minor: '36', platform: 'linux/amd64' } as never,
  });
  return { client: server.client({ name: 'controllers', groups: ['system:masters'] }), server };
}

/** All controllers, or the named ones, over an API server in this process. */
export async function createTestCluster(options: { enabled?: string[] } = {}): Promise<TestCluster> {
  const clock = createTestClock();
  const { server, client } = await startServer(clock);
  const problems: string[] = [];
  const note = (message: string, fields?: Record<string, unknown>): void => {
    problems.push(
      `${message} ${fields?.error instanceof Error ? fields.error.stack : JSON.stringify(fields)}`,
    );
  };
  const logger: Logger = { ...silentLogger, error: note, child: () => logger };
  const informers = createInformers(client, { clock });
  const context = { client, informers, clock, random: seededRandom(1), logger, metrics: noMetrics };
  const stop = new AbortController();
  const cluster: TestCluster = {
    client,
    clock,
    problems,
    readiness: () => true,
    drives: () => true,
    refresh: async () => {},
    async [Symbol.asyncDispose]() {
      stop.abort();
      await controllers[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      await Promise.allSettled(kubelet);
      await server[Symbol.asyncDispose]();
    },
  };
  await client.create(nodes, {
    metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'a' } },
  });
  const kubelet = startKubelet(cluster, stop.signal);
  const controllers = await startControllers(context, {
    enabled: options.enabled,
    resources: () => registry.all(),
    rootCa: 'the CA',
    nodeIpam: { clusterCidrs: ['10.244.0.0/16', 'fd00:10:244::/48'] },
  });
  return cluster;
}

const registry = createRegistry();
