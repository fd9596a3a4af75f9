import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '../../../src/api/generated/resources/coordination.k8s.io.v1.ts';
import { events, nodes, pods } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1Node, V1Toleration } from '../../../src/api/generated/types.ts';
import { microTimestamp, timestamp } from '../../../src/machinery/clock.ts';
import { findCondition } from '../../../src/machinery/conditions.ts';
import { isNotFound } from '../../../src/machinery/status-error.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['nodelifecycle', 'taint-eviction-controller', 'podgc', 'nodeipam'];

/** A node that reports; `beat` renews its Lease. */
async function addNode(cluster: TestCluster, name: string): Promise<{ beat(): Promise<void> }> {
  const { client, clock } = cluster;
  const known = (await client.list(nodes)).items.some(({ metadata }) => metadata.name === name);
  if (!known) await client.create<V1Node>(nodes, { metadata: { name } });
  const time = timestamp(clock.now());
  const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map(type => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  }));
  await client.patch(
    nodes,
    name,
    undefined,
    { type: 'merge', body: { status: { conditions } } },
    { subresource: 'status' },
  );
  const metadata = { name, namespace: 'kube-node-lease' };
  await client.create(leases, {
    metadata,
    spec: { holderIdentity: name, renewTime: microTimestamp(clock.now()) },
  });
  return {
    async beat() {
      await client.patch(leases, name, 'kube-node-lease', {
        type: 'merge',
        body: { spec: { renewTime: microTimestamp(clock.now()) } },
      });
    },
  };
}

const taints = async ({ client }: TestCluster, name: string) =>
  ((await client.get(nodes, name)).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
const ready = async ({ client }: TestCluster, name: string) =>
  findCondition((await client.get(nodes, name)).status?.conditions, 'Ready');

const addPod = (cluster: TestCluster, name: string, tolerations: V1Toleration[]) =>
  cluster.client.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }], tolerations },
  });
const present = async ({ client }: TestCluster) =>
  (await client.list(pods)).items.map(({ metadata }) => metadata.name).sort();

/** The kubelet says nothing new of any Pod. */
const goSilent = (cluster: TestCluster): void => {
  cluster.readiness = pod => findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
};

const unreachableFor = (tolerationSeconds?: number): V1Toleration => ({
  key: 'node.kubernetes.io/unreachable',
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});

test('a node that falls silent becomes Unknown, its Pods are not ready at once and go when their time is up', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await addNode(cluster, 'node-1');
  const other = await addNode(cluster, 'node-2');
  await addPod(cluster, 'stays', [unreachableFor()]);
  await addPod(cluster, 'five-minutes', [unreachableFor(300)]);
  await addPod(cluster, 'goes', []);
  await clock.settle();
  assert.equal(
    findCondition((await client.get(pods, 'goes', 'default')).status?.conditions, 'Ready')?.status,
    'True',
  );
  goSilent(cluster);

  for (let t = 0; t < 49; t += 7) {
    await clock.advance(7000);
    await other.beat();
  }
  assert.equal((await ready(cluster, 'node-1'))?.status, 'True');
  await clock.advance(2000);
  const condition = await ready(cluster, 'node-1');
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
  );
  assert.deepEqual(await taints(cluster, 'node-1'), [
    'node.kubernetes.io/unreachable:NoExecute',
    'node.kubernetes.io/unreachable:NoSchedule',
  ]);
  assert.deepEqual(await taints(cluster, 'node-2'), []);
  const stays = await client.get(pods, 'stays', 'default');
  assert.equal(findCondition(stays.status?.conditions, 'Ready')?.status, 'False');
  assert.deepEqual(await present(cluster), ['five-minutes', 'stays']);
  for (let t = 0; t < 290; t += 10) {
    await clock.advance(10_000);
    await other.beat();
  }
  assert.deepEqual(await present(cluster), ['five-minutes', 'stays']);
  await other.beat();
  await clock.advance(15_000);
  assert.deepEqual(await present(cluster), ['stays']);
  const reasons = new Set((await client.list(events)).items.map(({ reason }) => reason));
  assert.ok(reasons.has('NodeNotReady') && reasons.has('TaintManagerEviction'), [...reasons].join());

  await addNode(cluster, 'node-1').catch(() => {});
  await clock.settle();
  assert.deepEqual(await taints(cluster, 'node-1'), []);
  assert.deepEqual(cluster.problems, []);
});

test('where every node is silent, nobody is evicted', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { clock } = cluster;
  await addNode(cluster, 'node-1');
  await addPod(cluster, 'a', []);
  await clock.settle();
  goSilent(cluster);
  await clock.advance(600_000);
  assert.deepEqual(await taints(cluster, 'node-1'), ['node.kubernetes.io/unreachable:NoSchedule']);
  assert.deepEqual(await present(cluster), ['a']);
});

test('pressure, cordon and not-ready become taints; taints of others stay', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await addNode(cluster, 'node-1');
  await addNode(cluster, 'node-2');
  await clock.settle();
  const node = await client.get(nodes, 'node-2');
  await client.update(nodes, {
    ...node,
    spec: { ...node.spec, unschedulable: true, taints: [{ key: 'mine', effect: 'NoSchedule' }] },
  });
  await clock.settle();
  const cordoned = await client.get(nodes, 'node-2');
  const conditions = cordoned.status!.conditions!.map(condition => ({
    ...condition,
    status: condition.type === 'Ready' ? 'False' : condition.type === 'DiskPressure' ? 'True' : 'False',
  }));
  await client.updateStatus(nodes, { ...cordoned, status: { ...cordoned.status, conditions } });
  await clock.settle();
  assert.deepEqual(await taints(cluster, 'node-2'), [
    'mine:NoSchedule',
    'node.kubernetes.io/disk-pressure:NoSchedule',
    'node.kubernetes.io/not-ready:NoExecute',
    'node.kubernetes.io/not-ready:NoSchedule',
    'node.kubernetes.io/unschedulable:NoSchedule',
  ]);
});

test('Pods of a node that is gone are removed after the quarantine', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await addNode(cluster, 'node-1');
  await addPod(cluster, 'a', []);
  await clock.settle();
  await client.delete(nodes, 'node-1');
  await clock.advance(30_000);
  assert.deepEqual(await present(cluster), ['a']);
  const last: unknown[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const { type, object } of client.watch(pods, { signal: stop.signal }))
      if (type === 'MODIFIED')
        last.push([
          object.status?.phase,
          findCondition(object.status?.conditions, 'DisruptionTarget')?.reason,
        ]);
  })();
  await clock.advance(40_000);
  stop.abort();
  await watching;
  assert.deepEqual(last[0], ['Failed', 'DeletionByPodGC']);
  assert.equal(await client.get(pods, 'a', 'default').then(() => false, isNotFound), true);
});

test('each node gets a range of its own, and gets it back from none', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  for (const name of ['n1', 'n2', 'n3']) await client.create(nodes, { metadata: { name } });
  await clock.settle();
  const ranges = (await client.list(nodes)).items.map(({ spec }) => spec?.podCIDRs?.join());
  assert.equal(new Set(ranges).size, 4);
  for (const range of ranges) assert.match(range!, /^10\.244\.\d+\.0\/24,fd00:10:244:[0-9a-f]*:?:\/64$/);
});
