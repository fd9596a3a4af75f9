// Real proxies of both nodes over a fake API, for packet tests.
import { setTimeout as wait } from 'node:timers/promises';
import { nodes, services } from '../../../src/api/generated/resources/core.v1.ts';
import { endpointslices } from '../../../src/api/generated/resources/discovery.k8s.io.v1.ts';
import { servicecidrs } from '../../../src/api/generated/resources/networking.k8s.io.v1.ts';
import type {
  V1Endpoint,
  V1Service,
  V1ServicePort,
  V1ServiceSpec,
} from '../../../src/api/generated/types.ts';
import { createFakeClient, type FakeClient } from '../../../src/client/fake-client.ts';
import { createInformers } from '../../../src/client/informers.ts';
import { type Logger, silentLogger } from '../../../src/machinery/logger.ts';
import { noMetrics } from '../../../src/machinery/metrics.ts';
import { seededRandom } from '../../../src/machinery/random.ts';
import { realClock } from '../../../src/platform/clock.ts';
import type { Execute } from '../../../src/proxy/execute.ts';
import type { Family } from '../../../src/proxy/model/types.ts';
import type { ModeName } from '../../../src/proxy/modes/all.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../../../src/proxy/proxy.ts';
import { at, clusterCIDRs, type Place, serviceCIDRs, type World } from './world.ts';

type Pod = 'a' | 'b' | 'c';
const nodeOf: Record<Pod, string> = { a: 'node1', b: 'node1', c: 'node2' };

export interface TestCluster extends AsyncDisposable {
  client: FakeClient;
  /** What went wrong so far, as logged by the proxies. */
  errors: string[];
  /** Replaces (or creates) a Service and waits until the kernels follow. */
  service(name: string, spec: V1ServiceSpec, status?: V1Service['status']): Promise<void>;
  /** Replaces the endpoints of a Service, in one slice a family, and waits. */
  endpoints(
    name: string,
    pods: readonly (Pod | EndpointOf)[],
    ports?: readonly V1ServicePort[],
  ): Promise<void>;
  remove(name: string): Promise<void>;
  /** Waits until the proxies have nothing to do. */
  settled(act: () => Promise<unknown>): Promise<void>;
  proxies: Record<'node1' | 'node2', RunningProxy>;
  /** Ends and starts a node's proxy; its rules stay meanwhile. */
  restart(node: 'node1' | 'node2'): Promise<void>;
}

export interface EndpointOf extends Partial<V1Endpoint> {
  pod: Pod;
}

const endpointOf = (entry: Pod | EndpointOf, family: Family): V1Endpoint => {
  const { pod, ...rest } = typeof entry === 'string' ? { pod: entry } : entry;
  return {
    addresses: [at(pod, family)],
    nodeName: nodeOf[pod],
    conditions: { ready: true, serving: true, terminating: false },
    ...rest,
  };
};

const defaultPorts = [{ port: 8080 }];

export async function createTestCluster(
  world: World,
  mode: ModeName,
  options: Partial<ProxyOptions> = {},
): Promise<TestCluster> {
  const clock = realClock;
  const client = createFakeClient({ clock });
  const errors: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => errors.push(`${message} ${JSON.stringify(fields)}`),
    error: (message, fields) => errors.push(`${message} ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  client.seed(servicecidrs, { metadata: { name: 'kubernetes' }, spec: { cidrs: serviceCIDRs } });
  for (const name of ['node1', 'node2'] as const)
    client.seed(nodes, {
      metadata: { name },
      status: { addresses: [at(name), at(name, 'ipv6')].map(address => ({ type: 'InternalIP', address })) },
    });
  const informers = createInformers(client, { clock });
  let runs = 0;
  let running = 0;
  const start = async (node: 'node1' | 'node2'): Promise<RunningProxy> => {
    const execute: Execute = async (program, args, input) => {
      running++;
      try {
        return await world.namespaces[node].exec(program, args, input);
      } finally {
        running--;
        runs++;
      }
    };
    const proxy = await startProxy(
      { client, informers, clock, random: seededRandom(1), logger, metrics: noMetrics },
      { nodeName: node, mode, clusterCidrs: clusterCIDRs, nodePortAddresses: [], execute, ...options },
    );
    await proxy.whenSynced;
    return proxy;
  };
  const proxies = { node1: await start('node1'), node2: await start('node2') };

  const settled = async (act: () => Promise<unknown>): Promise<void> => {
    const before = runs;
    await act();
    // A change that means nothing to the kernel runs nothing, so wait only so long.
    for (let turn = 0; turn < 100 && runs === before; turn++) await wait(3);
    for (let seen = -1, quiet = 0; quiet < 4; quiet = seen === runs && running === 0 ? quiet + 1 : 0) {
      seen = runs;
      await wait(10);
    }
  };

  const put = async <T extends { metadata?: { name?: string; namespace?: string } }>(
    resource: Parameters<FakeClient['update']>[0],
    object: T,
  ): Promise<void> => {
    const known = client
      .all(resource, 'default')
      .find(({ metadata }) => metadata.name === object.metadata?.name);
    if (!known) await client.create(resource as never, object as never);
    else
      await client.update(
        resource as never,
        {
          ...object,
          metadata: { ...object.metadata, resourceVersion: known.metadata.resourceVersion },
        } as never,
      );
  };

  return {
    client,
    errors,
    settled,
    proxies,
    service: (name, spec, status) =>
      settled(async () => {
        await put(services, { metadata: { name, namespace: 'default' }, spec });
        if (!status) return;
        const stored = await client.get(services, name, 'default');
        await client.updateStatus(services, { ...stored, status });
      }),
    endpoints: (name, pods, ports = defaultPorts) =>
      settled(async () => {
        for (const family of ['ipv4', 'ipv6'] as const)
          await put(endpointslices, {
            metadata: {
              name: `${name}-${family}`,
              namespace: 'default',
              labels: { 'kubernetes.io/service-name': name },
            },
            addressType: family === 'ipv4' ? 'IPv4' : 'IPv6',
            endpoints: pods.map(pod => endpointOf(pod, family)),
            ports: ports.map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
          });
      }),
    remove: name =>
      settled(async () => {
        await client.delete(services, name, 'default');
        for (const family of ['ipv4', 'ipv6'])
          await client.delete(endpointslices, `${name}-${family}`, 'default');
      }),
    async restart(node) {
      await proxies[node][Symbol.asyncDispose]();
      proxies[node] = await start(node);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(proxies).map(proxy => proxy[Symbol.asyncDispose]()));
      await informers[Symbol.asyncDispose]();
    },
  };
}

export const places: readonly Place[] = ['outside', 'node1', 'node2', 'a', 'b', 'c'];
