import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statefulsets } from '../../../src/api/generated/resources/apps.v1.ts';
import { persistentvolumeclaims, pods } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1StatefulSet } from '../../../src/api/generated/types.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const db = (image: string, more: Partial<V1StatefulSet['spec']> = {}): V1StatefulSet => ({
  metadata: { name: 'db', namespace: 'default' },
  spec: {
    serviceName: 'db',
    replicas: 3,
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image }] } },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
    ...more,
  },
});

const enabled = ['statefulset', 'garbagecollector'];
const view = async ({ client }: TestCluster) =>
  (await client.list(pods)).items
    .map(({ metadata, spec }) => `${metadata.name}:${spec!.containers[0]!.image}`)
    .sort();
const setSpec = ({ client }: TestCluster, spec: object) =>
  client.patch(statefulsets, 'db', 'default', { type: 'merge', body: { spec } });
const image = (name: string) => ({ template: { spec: { containers: [{ name: 'c', image: name }] } } });

test('Pods come one after the other, each with its claim, and go in the other direction', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  cluster.readiness = ({ metadata }) => metadata.name === 'db-0';
  await client.create(statefulsets, db('v1'));
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1', 'db-1:v1']);
  cluster.readiness = () => true;
  await cluster.refresh();
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1', 'db-1:v1', 'db-2:v1']);
  const pod = await client.get(pods, 'db-1', 'default');
  assert.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '1');
  assert.deepEqual([pod.spec?.hostname, pod.spec?.subdomain], ['db-1', 'db']);
  assert.equal(pod.spec?.volumes?.[0]?.persistentVolumeClaim?.claimName, 'data-db-1');
  const { status } = await client.get(statefulsets, 'db', 'default');
  assert.deepEqual([status?.replicas, status?.readyReplicas, status?.updatedReplicas], [3, 3, 3]);
  assert.equal(status?.currentRevision, status?.updateRevision);
  await setSpec(cluster, { replicas: 1 });
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1']);
  const claims = (await client.list(persistentvolumeclaims)).items
    .map(({ metadata }) => metadata.name)
    .sort();
  assert.deepEqual(claims, ['data-db-0', 'data-db-1', 'data-db-2'], 'claims stay');
});

test('a roll-out goes from the top down to the partition; a deleted Pod below keeps its revision', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(statefulsets, db('v1'));
  await clock.settle();
  await setSpec(cluster, { updateStrategy: { rollingUpdate: { partition: 1 } }, ...image('v2') });
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1', 'db-1:v2', 'db-2:v2']);
  await client.delete(pods, 'db-0', 'default', { gracePeriodSeconds: 0 });
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1', 'db-1:v2', 'db-2:v2']);
  await setSpec(cluster, { updateStrategy: { rollingUpdate: { partition: 0 } } });
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v2', 'db-1:v2', 'db-2:v2']);
  const { status } = await client.get(statefulsets, 'db', 'default');
  assert.equal(status?.currentRevision, status?.updateRevision);
  assert.equal(status?.currentReplicas, 3);
});

test('in parallel all Pods come at once; a roll-out still waits for each', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  cluster.readiness = () => false;
  await client.create(statefulsets, db('v1', { podManagementPolicy: 'Parallel' }));
  await clock.settle();
  assert.equal((await view(cluster)).length, 3);
  cluster.readiness = ({ spec }) => spec!.containers[0]!.image === 'v1';
  await cluster.refresh();
  await clock.settle();
  await setSpec(cluster, image('v2'));
  await clock.settle();
  assert.deepEqual(await view(cluster), ['db-0:v1', 'db-1:v1', 'db-2:v2']);
});
