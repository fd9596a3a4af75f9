// Everything converges, whoever else writes, whatever the API refuses, however much changes at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '../../src/api/generated/resources/apps.v1.ts';
import { pods, services } from '../../src/api/generated/resources/core.v1.ts';
import type { V1Deployment, V1Pod, V1Service } from '../../src/api/generated/types.ts';
import { findCondition } from '../../src/machinery/conditions.ts';
import { controllerOf } from '../../src/machinery/object.ts';
import { StatusError } from '../../src/machinery/status-error.ts';
import { Cluster, type ClusterOptions } from '../../src/testing/cluster.ts';
import type { ApiCall } from '../../src/testing/guarded-client.ts';
import { problemLogger } from './problems.ts';

const deployment = (name: string, replicas: number, image = 'example.test/app:v1'): V1Deployment => ({
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image }] },
    },
  },
});
const service = (name: string): V1Service => ({
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
});
const newImage = {
  spec: { template: { spec: { containers: [{ name: 'app', image: 'example.test/app:v2' }] } } },
};
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `app-${i}`);
const isReady = (pod: V1Pod): boolean => findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
const isDone = ({ metadata, spec, status }: V1Deployment): boolean =>
  status?.observedGeneration === metadata?.generation &&
  status?.updatedReplicas === spec?.replicas &&
  status?.replicas === spec?.replicas &&
  status?.readyReplicas === spec?.replicas;

const allDone = async (cluster: Cluster): Promise<boolean> =>
  (await cluster.list('deployments')).every(isDone);

/** What must be true of a cluster that has come to rest. */
async function checkWhole(cluster: Cluster, replicas: number): Promise<void> {
  const sets = new Map((await cluster.list('replicasets')).map(set => [set.metadata.uid, set]));
  const byApp = Map.groupBy(await cluster.list('pods'), pod => pod.metadata.labels?.app ?? '');
  for (const { metadata } of await cluster.list('deployments')) {
    const own = byApp.get(metadata.name) ?? [];
    assert.equal(own.length, replicas, `Pods of ${metadata.name}`);
    assert.ok(own.every(isReady));
    for (const pod of own) {
      const set = sets.get(controllerOf(pod)?.uid ?? '');
      assert.equal(
        controllerOf(set!)?.uid,
        metadata.uid,
        'a Pod belongs to its Deployment through a ReplicaSet',
      );
    }
  }
  const slices = Map.groupBy(
    await cluster.list('endpointslices'),
    slice => slice.metadata.labels?.['kubernetes.io/service-name'],
  );
  for (const { metadata, spec } of await cluster.list('services')) {
    if (!spec?.selector) continue;
    const told = (slices.get(metadata.name) ?? []).flatMap(slice => slice.endpoints ?? []);
    assert.deepEqual(
      told
        .filter(({ conditions }) => conditions?.ready)
        .flatMap(({ addresses }) => addresses)
        .sort(),
      (byApp.get(metadata.name) ?? []).map(pod => pod.status?.podIP).sort(),
      `endpoints of ${metadata.name}`,
    );
  }
}

/** Creates, changes, scales and deletes, and says how the cluster must look after each. */
async function play(cluster: Cluster, count: number, scaled: number): Promise<void> {
  const { client } = cluster;
  const timeout = '1h';
  const each = <T>(work: (name: string) => Promise<T>): Promise<T[]> => Promise.all(names(count).map(work));
  await each(async name => {
    await client.create(services, service(name));
    await client.create(deployments, deployment(name, 1));
  });
  await cluster.until(() => allDone(cluster), { timeout });
  await each(name => client.patch(deployments, name, 'default', { type: 'strategic', body: newImage }));
  await cluster.until(() => allDone(cluster), { timeout });
  await cluster.clock.advance('2m');
  await checkWhole(cluster, 1);
  await each(name =>
    client.patch(deployments, name, 'default', { type: 'merge', body: { spec: { replicas: scaled } } }),
  );
  await cluster.until(() => allDone(cluster), { timeout });
  await cluster.clock.advance('2m');
  await checkWhole(cluster, scaled);
  await each(name => client.delete(deployments, name, 'default'));
  await each(name => client.delete(services, name, 'default'));
  const left = async (): Promise<number> =>
    (await Promise.all(['pods', 'replicasets', 'deployments'].map(kind => cluster.list(kind)))).flat()
      .length +
    (await cluster.list('endpointslices')).filter(({ metadata }) => metadata.name !== 'kubernetes').length;
  await cluster.until(async () => (await left()) === 0, { timeout });
}

test('two instances of all controllers do not fight', async () => {
  const problems = problemLogger();
  await using cluster = await Cluster.start({ nodes: 3, logger: problems.logger });
  await cluster.startControllers();
  await play(cluster, 10, 5);
  assert.deepEqual(problems.seen, []);
});

/** Every third call of a component fails, in turn before and after it took effect, and by each of the ways that a call can fail. */
function failing(): { options: Partial<ClusterOptions>; start(): void; failed(): number } {
  let [on, calls, failed] = [false, 0, 0];
  const lost = new WeakSet<ApiCall>();
  const refusals = [
    () => new StatusError('InternalError', 'Internal error occurred: etcdserver: leader changed'),
    () => new StatusError('ServiceUnavailable', 'the server is currently unable to handle the request'),
    () => new Error('socket hang up'),
    () => new StatusError('TooManyRequests', 'too many requests', { retryAfterSeconds: 1 }),
  ];
  const refuse = (): never => {
    throw refusals[failed++ % refusals.length]!();
  };
  return {
    options: {
      beforeCall(call) {
        if (!on || ++calls % 3 !== 0) return;
        if (calls % 2 === 0) refuse();
        lost.add(call);
      },
      afterCall(call) {
        if (lost.has(call)) refuse();
      },
    },
    start: () => {
      on = true;
    },
    failed: () => failed,
  };
}

test('every third call to the API fails, before or after it took effect, and all comes out right', async () => {
  const faults = failing();
  await using cluster = await Cluster.start({ nodes: 3, ...faults.options });
  faults.start();
  await play(cluster, 10, 5);
  assert.ok(faults.failed() > 500, `${faults.failed()} calls failed`);
});

test('500 Pods lose their label at once: all are let go of, and all are replaced', async () => {
  const problems = problemLogger();
  const nodes = Array.from({ length: 10 }, () => ({ cpus: 32, maxPods: 250 }));
  await using cluster = await Cluster.start({ nodes, logger: problems.logger });
  const { client } = cluster;
  for (const name of names(50)) {
    await client.create(services, service(name));
    await client.create(deployments, deployment(name, 10));
  }
  await cluster.until(() => allDone(cluster));
  const owned = await cluster.list('pods');
  const labels = { app: 'nobody' };
  await Promise.all(
    owned.map(({ metadata }) =>
      client.patch(pods, metadata.name, 'default', { type: 'merge', body: { metadata: { labels } } }),
    ),
  );
  await cluster.clock.advance('1m');
  await cluster.until(() => allDone(cluster));
  await checkWhole(cluster, 10);
  const free = await cluster.list('pods', { labelSelector: 'app=nobody' });
  assert.equal(free.length, 500);
  assert.ok(free.every(pod => controllerOf(pod) === undefined && isReady(pod)));
  assert.deepEqual(problems.seen, []);
});

test('40 Deployments with their Services are made, changed, scaled and deleted at once', async () => {
  const problems = problemLogger();
  await using cluster = await Cluster.start({ nodes: 3, logger: problems.logger });
  await play(cluster, 40, 3);
  assert.deepEqual(problems.seen, []);
});
