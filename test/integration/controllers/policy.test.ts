import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '../../../src/api/generated/resources/apps.v1.ts';
import {
  endpoints,
  persistentvolumeclaims,
  pods,
  services,
} from '../../../src/api/generated/resources/core.v1.ts';
import { endpointslices } from '../../../src/api/generated/resources/discovery.k8s.io.v1.ts';
import { poddisruptionbudgets } from '../../../src/api/generated/resources/policy.v1.ts';
import { clusterroles } from '../../../src/api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import { createTestCluster } from './harness.ts';

test('a disruption budget counts healthy Pods against the size of their Deployment', async () => {
  await using cluster = await createTestCluster({ enabled: ['deployment', 'replicaset', 'disruption'] });
  const { client, clock } = cluster;
  let broken = 0;
  cluster.readiness = ({ metadata }) => !brokenNames.has(metadata.name);
  const brokenNames = new Set<string>();
  await client.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  await client.create(poddisruptionbudgets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: '30%', selector: { matchLabels: { app: 'web' } } },
  });
  await clock.settle();
  const status = async () => {
    const found = (await client.get(poddisruptionbudgets, 'web', 'default')).status;
    return [
      found?.currentHealthy,
      found?.desiredHealthy,
      found?.expectedPods,
      found?.disruptionsAllowed,
      found?.conditions?.[0]?.reason,
    ];
  };
  assert.deepEqual(await status(), [4, 2, 4, 2, 'SufficientPods']);
  for (const { metadata } of (await client.list(pods)).items.slice(0, 2)) {
    brokenNames.add(metadata.name);
    broken++;
  }
  await cluster.refresh();
  await clock.settle();
  assert.equal(broken, 2);
  assert.deepEqual(await status(), [2, 2, 4, 0, 'InsufficientPods']);
});

test('Endpoints written by hand are mirrored, as long as they are wanted', async () => {
  await using cluster = await createTestCluster({
    enabled: ['endpoint', 'endpointslice', 'endpointslicemirroring'],
  });
  const { client, clock } = cluster;
  await client.create(services, {
    metadata: { name: 'db', namespace: 'default' },
    spec: { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [{ port: 5432, protocol: 'TCP' }] },
  });
  await client.create(endpoints, {
    metadata: { name: 'db', namespace: 'default', labels: { team: 'red' } },
    subsets: [
      {
        addresses: [{ ip: '192.0.2.7' }],
        notReadyAddresses: [{ ip: '192.0.2.8' }],
        ports: [{ port: 5432, protocol: 'TCP' }],
      },
    ],
  });
  await clock.settle();
  const [slice, ...more] = (await client.list(endpointslices)).items;
  assert.equal(more.length, 0);
  assert.deepEqual(slice!.metadata.labels, {
    team: 'red',
    'kubernetes.io/service-name': 'db',
    'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
  });
  assert.deepEqual(
    slice!.endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
    [
      ['192.0.2.7', true],
      ['192.0.2.8', false],
    ],
  );
  await client.patch(endpoints, 'db', 'default', {
    type: 'merge',
    body: { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } },
  });
  await clock.settle();
  assert.deepEqual((await client.list(endpointslices)).items, []);
});

test('an aggregated role has the rules of those that it selects', async () => {
  await using cluster = await createTestCluster({ enabled: ['clusterrole-aggregation'] });
  const { client, clock } = cluster;
  await client.create(clusterroles, {
    metadata: { name: 'all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
  });
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
  await client.create(clusterroles, {
    metadata: { name: 'a', labels: { part: 'yes' } },
    rules: [rule('pods')],
  });
  await client.create(clusterroles, {
    metadata: { name: 'b', labels: { part: 'yes' } },
    rules: [rule('pods'), rule('secrets')],
  });
  await client.create(clusterroles, { metadata: { name: 'c' }, rules: [rule('nodes')] });
  await clock.settle();
  assert.deepEqual((await client.get(clusterroles, 'all')).rules, [rule('pods'), rule('secrets')]);
});

test('a claim stays as long as a Pod uses it', async () => {
  await using cluster = await createTestCluster({ enabled: ['pvc-protection', 'pv-protection'] });
  const { client, clock } = cluster;
  await client.create(persistentvolumeclaims, {
    metadata: { name: 'data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await client.create(pods, {
    metadata: { name: 'user', namespace: 'default' },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  await clock.settle();
  await client.delete(persistentvolumeclaims, 'data', 'default');
  await clock.settle();
  const [claim] = (await client.list(persistentvolumeclaims)).items;
  assert.ok(claim?.metadata.deletionTimestamp);
  await client.delete(pods, 'user', 'default', { gracePeriodSeconds: 0 });
  await clock.settle();
  assert.deepEqual((await client.list(persistentvolumeclaims)).items, []);
});
