import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicasets } from '../../../src/api/generated/resources/apps.v1.ts';
import { events, pods, replicationcontrollers } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1Deployment } from '../../../src/api/generated/types.ts';
import { findCondition } from '../../../src/machinery/conditions.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['deployment', 'replicaset'];

const web = (image: string, more: Partial<V1Deployment['spec']> = {}): V1Deployment => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 2,
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image }] },
    },
    ...more,
  },
});

const get = (cluster: TestCluster) => cluster.client.get(deployments, 'web', 'default');
const patchSpec = (cluster: TestCluster, spec: object) =>
  cluster.client.patch(deployments, 'web', 'default', { type: 'merge', body: { spec } });
const setImage = (cluster: TestCluster, image: string) =>
  patchSpec(cluster, { template: { spec: { containers: [{ name: 'web', image }] } } });
const readyPods = async (cluster: TestCluster) =>
  (await cluster.client.list(pods, { namespace: 'default' })).items.filter(
    pod =>
      !pod.metadata.deletionTimestamp && findCondition(pod.status?.conditions, 'Ready')?.status === 'True',
  );
const images = async (cluster: TestCluster) =>
  (await readyPods(cluster)).map(pod => pod.spec!.containers[0]!.image);
const progressing = async (cluster: TestCluster) =>
  findCondition((await get(cluster)).status?.conditions, 'Progressing');

test('a Deployment comes up, scales, rolls forward and back, and keeps its history', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(deployments, web('v1'));
  await clock.settle();
  let deployment = await get(cluster);
  assert.deepEqual(
    { ...deployment.status, conditions: undefined },
    {
      observedGeneration: 1,
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 0,
      terminatingReplicas: 0,
      conditions: undefined,
    },
  );
  assert.equal(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  const [first] = (await client.list(replicasets, { namespace: 'default' })).items;
  const available = findCondition(deployment.status?.conditions, 'Available');
  assert.equal(available?.reason, 'MinimumReplicasAvailable');
  assert.equal(available?.message, 'Deployment has minimum availability.');
  assert.deepEqual(
    [(await progressing(cluster))?.reason, (await progressing(cluster))?.message],
    ['NewReplicaSetAvailable', `ReplicaSet "${first!.metadata.name}" has successfully progressed.`],
  );

  await patchSpec(cluster, { replicas: 10 });
  await clock.settle();
  assert.equal((await readyPods(cluster)).length, 10);

  await setImage(cluster, 'v2');
  await clock.settle();
  assert.deepEqual(await images(cluster), Array(10).fill('v2'));
  assert.equal((await get(cluster)).metadata.annotations?.['deployment.kubernetes.io/revision'], '2');

  // As `kubectl rollout undo` does it: the old template again.
  await setImage(cluster, 'v1');
  await clock.settle();
  assert.deepEqual(await images(cluster), Array(10).fill('v1'));
  const again = await client.get(replicasets, first!.metadata.name, 'default');
  assert.equal(again.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  assert.equal(again.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1');

  for (const image of ['v3', 'v4', 'v5']) {
    await setImage(cluster, image);
    await clock.settle();
  }
  deployment = await get(cluster);
  assert.equal(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'], '6');
  const sets = (await client.list(replicasets, { namespace: 'default' })).items;
  assert.equal(sets.length, 3, 'two old ReplicaSets are kept');

  const messages = (await client.list(events, { namespace: 'default' })).items.map(event => event.message);
  assert.ok(
    messages.includes(`Scaled up replica set ${first!.metadata.name} from 0 to 4`),
    messages.join('\n'),
  );
  assert.ok(messages.includes(`Scaled up replica set ${first!.metadata.name} from 4 to 10`));
  assert.deepEqual(cluster.problems, []);
});

test('availability never falls below the floor and size never above the ceiling while rolling', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(deployments, web('v1', { replicas: 8 }));
  await clock.settle();
  await clock.advance(5000);
  // New Pods need a second to become ready.
  cluster.readiness = pod => clock.now() - Date.parse(pod.metadata.creationTimestamp) >= 1000;
  await setImage(cluster, 'v2');
  let rounds = 0;
  for (; rounds < 60; rounds++) {
    await clock.settle();
    const alive = (await client.list(pods)).items.filter(pod => !pod.metadata.deletionTimestamp);
    assert.ok((await readyPods(cluster)).length >= 6, `floor broken: ${(await readyPods(cluster)).length}`);
    assert.ok(alive.length <= 10, `ceiling broken: ${alive.length}`);
    const current = await get(cluster);
    if (
      current.status?.updatedReplicas === 8 &&
      current.status.availableReplicas === 8 &&
      current.status.replicas === 8
    )
      break;
    await clock.advance(500);
    await cluster.refresh();
  }
  assert.ok(rounds < 60, 'the roll-out ended');
  assert.deepEqual(await images(cluster), Array(8).fill('v2'));
});

test('a roll-out that cannot go on times out, and is not undone by itself', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(deployments, web('v1'));
  await clock.settle();
  cluster.readiness = pod => pod.spec!.containers[0]!.image === 'v1';
  await setImage(cluster, 'broken');
  await clock.settle();
  assert.deepEqual((await images(cluster)).length, 3, 'maxUnavailable 1 of 4 went');
  await clock.advance(602_000);
  const condition = await progressing(cluster);
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'ProgressDeadlineExceeded']);
  assert.match(condition?.message ?? '', /^ReplicaSet "web-\w+" has timed out progressing\.$/);
  await setImage(cluster, 'v1');
  await clock.settle();
  assert.deepEqual(await images(cluster), Array(4).fill('v1'));
  assert.equal((await progressing(cluster))?.reason, 'NewReplicaSetAvailable');
});

test('a paused Deployment scales but does not roll; several ReplicaSets share a scaling in proportion', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(
    deployments,
    web('v1', {
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    }),
  );
  await clock.settle();
  cluster.readiness = pod => pod.spec!.containers[0]!.image === 'v1';
  await setImage(cluster, 'v2');
  await clock.settle();
  const sizes = async () =>
    Object.fromEntries(
      (await client.list(replicasets)).items.map(set => [
        set.spec!.template!.spec!.containers[0]!.image!,
        set.spec!.replicas,
      ]),
    );
  assert.deepEqual(await sizes(), { v1: 8, v2: 5 });
  await patchSpec(cluster, { replicas: 15 });
  await clock.settle();
  assert.deepEqual(await sizes(), { v1: 11, v2: 7 });

  await patchSpec(cluster, { paused: true });
  await clock.settle();
  assert.equal((await progressing(cluster))?.reason, 'DeploymentPaused');
  await setImage(cluster, 'v3');
  await clock.settle();
  assert.equal((await sizes()).v3, undefined);
  cluster.readiness = () => true;
  await patchSpec(cluster, { paused: false });
  await clock.settle();
  assert.deepEqual(await images(cluster), Array(15).fill('v3'));
});

test('Recreate waits until the old Pods are gone', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(deployments, web('v1', { strategy: { type: 'Recreate' } }));
  await clock.settle();
  let mixed = false;
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of client.watch(pods, { signal: stop.signal }))
      mixed ||= new Set(await images(cluster)).size > 1;
  })();
  await setImage(cluster, 'v2');
  await clock.settle();
  stop.abort();
  await watching;
  assert.equal(mixed, false);
  assert.deepEqual(await images(cluster), Array(4).fill('v2'));
});

test('a name that another template has taken moves the collision count, not the Deployment', async () => {
  await using cluster = await createTestCluster({ enabled: [...enabled, 'garbagecollector'] });
  const { client, clock } = cluster;
  await client.create(deployments, web('v1'));
  await clock.settle();
  const [first] = (await client.list(replicasets)).items;
  await client.delete(deployments, 'web', 'default');
  await clock.settle();
  await client.create(replicasets, {
    metadata: { name: first!.metadata.name, namespace: 'default' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'foreign' } },
      template: {
        metadata: { labels: { app: 'foreign' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      },
    },
  });
  await client.create(deployments, web('v1'));
  await clock.settle();
  assert.equal((await get(cluster)).status?.collisionCount, 1);
  assert.deepEqual(await images(cluster), Array(4).fill('v1'));
});

test('a ReplicaSet takes in orphans that match, and lets go what no longer does; so does a ReplicationController', async () => {
  await using cluster = await createTestCluster({ enabled: ['replicaset', 'replicationcontroller'] });
  const { client, clock } = cluster;
  const template = (app: string) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  const orphan = { namespace: 'default', labels: { app: 'a' } };
  await client.create(pods, { metadata: { ...orphan, name: 'orphan' }, spec: template('a').spec });
  await client.create(replicasets, {
    metadata: { name: 'a', namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'a' } }, template: template('a') },
  });
  await clock.settle();
  const owners = async () =>
    Object.fromEntries(
      (await client.list(pods)).items.map(({ metadata }) => [
        metadata.name,
        metadata.ownerReferences?.[0]?.name,
      ]),
    );
  assert.equal(Object.keys(await owners()).length, 3);
  assert.equal((await owners()).orphan, 'a');
  await client.patch(pods, 'orphan', 'default', {
    type: 'merge',
    body: { metadata: { labels: { app: 'free' } } },
  });
  await clock.settle();
  assert.equal((await owners()).orphan, undefined);
  assert.equal(Object.keys(await owners()).length, 4, 'it was replaced');
  assert.equal((await client.get(replicasets, 'a', 'default')).status?.readyReplicas, 3);

  await client.create(replicationcontrollers, {
    metadata: { name: 'old', namespace: 'default' },
    spec: { replicas: 2, selector: { app: 'old' }, template: template('old') },
  });
  await clock.settle();
  const { status } = await client.get(replicationcontrollers, 'old', 'default');
  assert.deepEqual([status?.replicas, status?.readyReplicas, status?.availableReplicas], [2, 2, 2]);
  assert.deepEqual(cluster.problems, []);
});
