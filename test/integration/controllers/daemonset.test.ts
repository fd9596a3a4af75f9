import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerrevisions, daemonsets } from '../../../src/api/generated/resources/apps.v1.ts';
import { nodes, pods } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1DaemonSet } from '../../../src/api/generated/types.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const agent = (image: string, more: Partial<V1DaemonSet['spec']> = {}): V1DaemonSet => ({
  metadata: { name: 'agent', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'c', image }] } },
    ...more,
  },
});

const placed = async ({ client }: TestCluster) =>
  (await client.list(pods)).items.map(({ spec }) => `${spec!.nodeName}:${spec!.containers[0]!.image}`).sort();

async function withNodes(): Promise<TestCluster> {
  const cluster = await createTestCluster({ enabled: ['daemonset', 'garbagecollector'] });
  for (const name of ['node-2', 'node-3']) await cluster.client.create(nodes, { metadata: { name } });
  return cluster;
}

test('one Pod on every node, also on those that come later, not on those that it does not tolerate', async () => {
  await using cluster = await withNodes();
  const { client, clock } = cluster;
  await client.create(daemonsets, agent('v1'));
  await clock.settle();
  assert.deepEqual(await placed(cluster), ['node-1:v1', 'node-2:v1', 'node-3:v1']);
  await client.create(nodes, { metadata: { name: 'node-4' } });
  await client.create(nodes, {
    metadata: { name: 'special' },
    spec: { taints: [{ key: 'special', effect: 'NoSchedule' }] },
  });
  await client.create(nodes, {
    metadata: { name: 'cordoned' },
    spec: {
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
    },
  });
  await clock.settle();
  assert.deepEqual(await placed(cluster), [
    'cordoned:v1',
    'node-1:v1',
    'node-2:v1',
    'node-3:v1',
    'node-4:v1',
  ]);
  const { status } = await client.get(daemonsets, 'agent', 'default');
  assert.deepEqual(
    [
      status?.desiredNumberScheduled,
      status?.numberReady,
      status?.numberAvailable,
      status?.updatedNumberScheduled,
    ],
    [5, 5, 5, 5],
  );
  await client.patch(nodes, 'node-2', undefined, {
    type: 'merge',
    body: { spec: { taints: [{ key: 'out', effect: 'NoExecute' }] } },
  });
  await clock.settle();
  assert.deepEqual(await placed(cluster), ['cordoned:v1', 'node-1:v1', 'node-3:v1', 'node-4:v1']);
});

test('a new template comes to one node after the other; a broken one stops there; it can be undone', async () => {
  await using cluster = await withNodes();
  const { client, clock } = cluster;
  await client.create(daemonsets, agent('v1'));
  await clock.settle();
  const setImage = (image: string) =>
    client.patch(daemonsets, 'agent', 'default', {
      type: 'merge',
      body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
    });
  cluster.readiness = ({ spec }) => spec!.containers[0]!.image !== 'broken';
  await setImage('broken');
  await clock.settle();
  assert.equal((await placed(cluster)).filter(name => name.endsWith('broken')).length, 1);
  await setImage('v2');
  await clock.settle();
  assert.deepEqual(await placed(cluster), ['node-1:v2', 'node-2:v2', 'node-3:v2']);
  const revisions = (await client.list(controllerrevisions)).items.map(({ revision }) => revision).sort();
  assert.deepEqual(revisions, [1, 2, 3]);
});

test('with a surge the old Pod stays until the new one is available', async () => {
  await using cluster = await withNodes();
  const { client, clock } = cluster;
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await client.create(daemonsets, agent('v1', { updateStrategy: strategy }));
  await clock.settle();
  cluster.readiness = ({ spec }) => spec!.containers[0]!.image === 'v1';
  await client.patch(daemonsets, 'agent', 'default', {
    type: 'merge',
    body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'v2' }] } } } },
  });
  await clock.settle();
  const during = await placed(cluster);
  assert.equal(during.filter(name => name.endsWith('v1')).length, 3);
  assert.equal(during.filter(name => name.endsWith('v2')).length, 1);
  cluster.readiness = () => true;
  await cluster.refresh();
  await clock.settle();
  assert.deepEqual(await placed(cluster), ['node-1:v2', 'node-2:v2', 'node-3:v2']);
});
