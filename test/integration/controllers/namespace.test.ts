import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configmaps,
  namespaces,
  pods,
  secrets,
  serviceaccounts,
} from '../../../src/api/generated/resources/core.v1.ts';
import { findCondition } from '../../../src/machinery/conditions.ts';
import { isNotFound } from '../../../src/machinery/status-error.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['namespace', 'serviceaccount', 'root-ca-cert-publisher'];

const makeNamespace = (cluster: TestCluster, name: string) =>
  cluster.client.create(namespaces, { metadata: { name }, spec: { finalizers: ['kubernetes'] } });
const isGone = (cluster: TestCluster, name: string) =>
  cluster.client.get(namespaces, name).then(() => false, isNotFound);

test('a namespace gets its ServiceAccount and the CA, and gets them back', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await makeNamespace(cluster, 'shop');
  await clock.settle();
  await client.get(serviceaccounts, 'default', 'shop');
  const published = await client.get(configmaps, 'kube-root-ca.crt', 'shop');
  assert.deepEqual(published.data, { 'ca.crt': 'the CA' });
  await client.delete(serviceaccounts, 'default', 'shop');
  await client.patch(configmaps, 'kube-root-ca.crt', 'shop', {
    type: 'merge',
    body: { data: { 'ca.crt': 'forged' } },
  });
  await clock.settle();
  await client.get(serviceaccounts, 'default', 'shop');
  assert.deepEqual((await client.get(configmaps, 'kube-root-ca.crt', 'shop')).data, { 'ca.crt': 'the CA' });
});

test('a deleted namespace goes with all that is in it; Pods go first; what holds it is told', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await makeNamespace(cluster, 'shop');
  await client.create(secrets, { metadata: { name: 'key', namespace: 'shop' } });
  await client.create(configmaps, {
    metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] },
  });
  await client.create(pods, {
    metadata: { name: 'pod', namespace: 'shop', finalizers: ['example.com/hold'] },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await clock.settle();
  await client.delete(namespaces, 'shop');
  await clock.settle();
  await client.get(secrets, 'key', 'shop');
  let shop = await client.get(namespaces, 'shop');
  assert.equal(shop.status?.phase, 'Terminating');
  const remaining = findCondition(shop.status?.conditions, 'NamespaceContentRemaining');
  assert.equal(remaining?.message, 'Some resources are remaining: pods. has 1 resource instances');

  await client.patch(pods, 'pod', 'shop', { type: 'merge', body: { metadata: { finalizers: null } } });
  await clock.settle();
  await clock.advance(10_000);
  assert.deepEqual((await client.list(secrets, { namespace: 'shop' })).items, []);
  shop = await client.get(namespaces, 'shop');
  assert.deepEqual(
    shop.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      [
        'NamespaceDeletionDiscoveryFailure',
        'False',
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      [
        'NamespaceContentRemaining',
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances',
      ],
      [
        'NamespaceFinalizersRemaining',
        'True',
        'SomeFinalizerRemain',
        'Some finalizers are remaining: example.com/hold in 1 resource instances',
      ],
    ],
  );
  await client.patch(configmaps, 'held', 'shop', { type: 'merge', body: { metadata: { finalizers: null } } });
  await clock.advance(10_000);
  assert.equal(await isGone(cluster, 'shop'), true);
  assert.deepEqual(cluster.problems, []);
});
