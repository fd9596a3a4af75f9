import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicasets } from '../../../src/api/generated/resources/apps.v1.ts';
import {
  configmaps,
  events,
  namespaces,
  pods,
  secrets,
} from '../../../src/api/generated/resources/core.v1.ts';
import type { V1ConfigMap, V1OwnerReference } from '../../../src/api/generated/types.ts';
import type { KubeObject, Stored } from '../../../src/machinery/object.ts';
import { isNotFound } from '../../../src/machinery/status-error.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['deployment', 'replicaset', 'garbagecollector'];

const referenceTo = (owner: Stored<KubeObject>, more: Partial<V1OwnerReference> = {}): V1OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...more,
});

const map = (
  cluster: TestCluster,
  name: string,
  ownerReferences: V1OwnerReference[] = [],
  namespace = 'default',
) => cluster.client.create<V1ConfigMap>(configmaps, { metadata: { name, namespace, ownerReferences } });

async function exists(cluster: TestCluster, name: string, namespace = 'default'): Promise<boolean> {
  try {
    await cluster.client.get(configmaps, name, namespace);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function withDeployment(): Promise<TestCluster> {
  const cluster = await createTestCluster({ enabled });
  await cluster.client.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'v1' }] },
      },
    },
  });
  await cluster.clock.settle();
  assert.equal((await cluster.client.list(pods)).items.length, 3);
  return cluster;
}

const counts = async ({ client }: TestCluster) => ({
  deployments: (await client.list(deployments)).items.length,
  replicasets: (await client.list(replicasets)).items.length,
  pods: (await client.list(pods)).items.length,
});

test('background: what a Deployment owns goes after it, without waiting for a scan', async () => {
  await using cluster = await withDeployment();
  await cluster.client.delete(deployments, 'web', 'default', { propagationPolicy: 'Background' });
  await cluster.clock.settle();
  assert.deepEqual(await counts(cluster), { deployments: 0, replicasets: 0, pods: 0 });
  assert.deepEqual(cluster.problems, []);
});

test('foreground: the owner stays until its dependents are gone', async () => {
  await using cluster = await withDeployment();
  const seen: string[] = [];
  const stop = new AbortController();
  const follow = async (resource: typeof pods | typeof replicasets | typeof deployments): Promise<void> => {
    for await (const event of cluster.client.watch(resource as typeof pods, { signal: stop.signal }))
      if (event.type === 'DELETED') seen.push(resource.kind);
  };
  const following = [pods, replicasets, deployments].map(follow);
  await cluster.client.delete(deployments, 'web', 'default', { propagationPolicy: 'Foreground' });
  await cluster.clock.settle();
  stop.abort();
  await Promise.all(following);
  assert.deepEqual(seen, ['Pod', 'Pod', 'Pod', 'ReplicaSet', 'Deployment']);
});

test('orphan: dependents stay, and belong to nobody', async () => {
  await using cluster = await withDeployment();
  await cluster.client.delete(deployments, 'web', 'default', { propagationPolicy: 'Orphan' });
  await cluster.clock.settle();
  assert.deepEqual(await counts(cluster), { deployments: 0, replicasets: 1, pods: 3 });
  const [set] = (await cluster.client.list(replicasets)).items;
  assert.deepEqual(set!.metadata.ownerReferences ?? [], []);
});

test('an object goes with the last of its owners, and loses its reference to the first', async () => {
  await using cluster = await createTestCluster({ enabled });
  const [a, b] = [await map(cluster, 'a'), await map(cluster, 'b')];
  await map(cluster, 'child', [referenceTo(a), referenceTo(b)]);
  await cluster.client.delete(configmaps, 'a', 'default');
  await cluster.clock.settle();
  const child = await cluster.client.get(configmaps, 'child', 'default');
  assert.deepEqual(
    child.metadata.ownerReferences?.map(({ name }) => name),
    ['b'],
  );
  await cluster.client.delete(configmaps, 'b', 'default');
  await cluster.clock.settle();
  assert.equal(await exists(cluster, 'child'), false);
});

test('an owner that never was, or is another one of the same name, is no owner; an unknown kind may be', async () => {
  await using cluster = await createTestCluster({ enabled });
  const owner = await map(cluster, 'owner');
  await map(cluster, 'of-nobody', [{ ...referenceTo(owner), uid: 'no-such-uid' }]);
  await map(cluster, 'of-unknown', [
    { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'some-uid' },
  ]);
  await map(cluster, 'of-owner', [referenceTo(owner)]);
  await cluster.clock.settle();
  assert.deepEqual(
    await Promise.all(['of-nobody', 'of-unknown', 'of-owner'].map(name => exists(cluster, name))),
    [false, true, true],
  );
});

test('an owner in another namespace does not count, and an Event tells so', async () => {
  await using cluster = await createTestCluster({ enabled });
  await cluster.client.create(namespaces, { metadata: { name: 'other' } });
  const owner = await map(cluster, 'owner');
  await cluster.clock.settle();
  await map(cluster, 'far', [referenceTo(owner)], 'other');
  await cluster.clock.settle();
  assert.equal(await exists(cluster, 'far', 'other'), false);
  assert.equal(await exists(cluster, 'owner'), true);
  const [event] = (await cluster.client.list(events, { namespace: 'other' })).items;
  assert.equal(event?.reason, 'OwnerRefInvalidNamespace');
  assert.equal(
    event?.message,
    `ownerRef [v1/ConfigMap, namespace: other, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "other"`,
  );
});

test('owners that wait for each other in the foreground do not wait for ever', async () => {
  await using cluster = await createTestCluster({ enabled });
  const a = await map(cluster, 'a');
  const b = await map(cluster, 'b', [referenceTo(a, { blockOwnerDeletion: true })]);
  await cluster.client.patch(configmaps, 'a', 'default', {
    type: 'merge',
    body: { metadata: { ownerReferences: [referenceTo(b, { blockOwnerDeletion: true })] } },
  });
  await cluster.clock.settle();
  await cluster.client.delete(configmaps, 'a', 'default', { propagationPolicy: 'Foreground' });
  await cluster.clock.settle();
  await cluster.clock.advance(1000);
  assert.deepEqual([await exists(cluster, 'a'), await exists(cluster, 'b')], [false, false]);
});

test('blockOwnerDeletion decides whom a foreground deletion waits for', async () => {
  await using cluster = await createTestCluster({ enabled });
  const owner = await map(cluster, 'owner');
  const held = (name: string, blocks: boolean) =>
    cluster.client.create(secrets, {
      metadata: {
        name,
        namespace: 'default',
        finalizers: ['example.com/hold'],
        ownerReferences: [referenceTo(owner, { blockOwnerDeletion: blocks })],
      },
    });
  await held('blocking', true);
  await held('not-blocking', false);
  await cluster.clock.settle();
  await cluster.client.delete(configmaps, 'owner', 'default', { propagationPolicy: 'Foreground' });
  await cluster.clock.settle();
  assert.equal(await exists(cluster, 'owner'), true);
  await cluster.client.patch(secrets, 'blocking', 'default', {
    type: 'merge',
    body: { metadata: { finalizers: null } },
  });
  await cluster.clock.settle();
  assert.equal(await exists(cluster, 'owner'), false);
  const left = await cluster.client.get(secrets, 'not-blocking', 'default');
  assert.ok(left.metadata.deletionTimestamp, 'it goes too once its own finalizer is off');
});
