import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints, nodes, pods, services } from '../../../src/api/generated/resources/core.v1.ts';
import { endpointslices } from '../../../src/api/generated/resources/discovery.k8s.io.v1.ts';
import type { V1Pod, V1Service } from '../../../src/api/generated/types.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['endpointslice', 'endpoint', 'garbagecollector'];

const service = (spec: Partial<V1Service['spec']> = {}): V1Service => ({
  metadata: { name: 'web', namespace: 'default', labels: { team: 'red' } },
  spec: {
    clusterIP: '10.96.0.50',
    clusterIPs: ['10.96.0.50'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }],
    ...spec,
  },
});

const pod = (name: string, port = 8080, more: Partial<V1Pod['spec']> = {}): V1Pod => ({
  metadata: { name, namespace: 'default', labels: { app: 'web' } },
  spec: {
    containers: [{ name: 'web', image: 'i', ports: [{ name: 'web', containerPort: port, protocol: 'TCP' }] }],
    ...more,
  },
});

const slices = async ({ client }: TestCluster) => (await client.list(endpointslices)).items;
/** name -> [ready, serving, terminating] of all endpoints in all slices. */
const view = async (cluster: TestCluster) =>
  Object.fromEntries(
    (await slices(cluster)).flatMap(slice =>
      (slice.endpoints ?? []).map(({ targetRef, conditions }) => [
        targetRef?.name,
        [conditions?.ready, conditions?.serving, conditions?.terminating],
      ]),
    ),
  );
const legacy = async ({ client }: TestCluster) => {
  const { subsets = [] } = await client.get(endpoints, 'web', 'default');
  return subsets.map(subset => ({
    ready: subset.addresses?.map(({ targetRef }) => targetRef?.name),
    notReady: subset.notReadyAddresses?.map(({ targetRef }) => targetRef?.name),
    ports: subset.ports?.map(({ name, port }) => `${name}:${port}`),
  }));
};

test('slices and Endpoints follow readiness, labels, deletion and recovery', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(services, service());
  await clock.settle();
  const [empty] = await slices(cluster);
  assert.deepEqual([empty?.endpoints ?? [], empty?.ports ?? []], [[], []]);
  assert.deepEqual(empty?.metadata.labels, {
    team: 'red',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  assert.match(empty.metadata.name, /^web-\w{5}$/);
  assert.deepEqual(
    empty.metadata.ownerReferences?.map(({ kind, name, controller, blockOwnerDeletion }) => [
      kind,
      name,
      controller,
      blockOwnerDeletion,
    ]),
    [['Service', 'web', true, true]],
  );

  let ready = new Set(['a', 'b', 'c']);
  cluster.readiness = ({ metadata }) => ready.has(metadata.name);
  for (const name of ['a', 'b', 'c']) await client.create(pods, pod(name));
  await clock.settle();
  const yes = [true, true, false];
  assert.deepEqual(await view(cluster), { a: yes, b: yes, c: yes });
  const [slice, ...more] = await slices(cluster);
  assert.equal(more.length, 0);
  assert.deepEqual(slice!.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  const endpoint = slice!.endpoints!.find(({ targetRef }) => targetRef?.name === 'a')!;
  assert.deepEqual([endpoint.nodeName, endpoint.zone, endpoint.targetRef?.kind], ['node-1', 'a', 'Pod']);
  assert.deepEqual(await legacy(cluster), [
    { ready: ['a', 'b', 'c'], notReady: undefined, ports: ['http:8080'] },
  ]);

  ready = new Set(['a', 'c']);
  await cluster.refresh();
  await clock.settle();
  assert.deepEqual(await view(cluster), { a: yes, b: [false, false, false], c: yes });
  assert.deepEqual(await legacy(cluster), [{ ready: ['a', 'c'], notReady: ['b'], ports: ['http:8080'] }]);

  await client.patch(pods, 'c', 'default', {
    type: 'merge',
    body: { metadata: { labels: { app: 'other' } } },
  });
  await clock.settle();
  assert.deepEqual(Object.keys(await view(cluster)), ['a', 'b']);

  // A Pod that ends gracefully stays, serving but not ready, until it is gone.
  await client.patch(pods, 'a', 'default', {
    type: 'merge',
    body: { metadata: { finalizers: ['example.com/hold'] } },
  });
  await client.delete(pods, 'a', 'default');
  await clock.settle();
  assert.deepEqual((await view(cluster)).a, [false, true, true]);
  assert.deepEqual(await legacy(cluster), [{ ready: undefined, notReady: ['b'], ports: ['http:8080'] }]);
  await client.patch(pods, 'a', 'default', { type: 'merge', body: { metadata: { finalizers: null } } });
  await clock.settle();
  assert.deepEqual(await view(cluster), { b: [false, false, false] });

  ready = new Set(['b']);
  await cluster.refresh();
  await clock.settle();
  assert.deepEqual(await view(cluster), { b: yes });

  await client.delete(services, 'web', 'default');
  await clock.settle();
  assert.deepEqual(await slices(cluster), []);
  assert.deepEqual((await client.list(endpoints)).items, []);
  assert.deepEqual(cluster.problems, []);
});

test('Pods with different port numbers are in different slices', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(services, service());
  await client.create(pods, pod('old', 8080));
  await client.create(pods, pod('new', 9090));
  await clock.settle();
  const ports = (await slices(cluster)).map(slice => [
    slice.ports?.[0]?.port,
    slice.endpoints?.map(({ targetRef }) => targetRef?.name),
  ]);
  assert.deepEqual(
    ports.sort((a, b) => Number(a[0]) - Number(b[0])),
    [
      [8080, ['old']],
      [9090, ['new']],
    ],
  );
});

test('two hundred and fifty Pods make three slices; one more or less changes one of them', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(services, service());
  for (let i = 0; i < 250; i++) await client.create(pods, pod(`p${i}`));
  await clock.settle();
  const before = await slices(cluster);
  const sizes = before.map(slice => slice.endpoints?.length ?? 0);
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    250,
  );
  assert.equal(sizes.length, 3);
  const versions = new Map(before.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  await client.delete(pods, 'p17', 'default', { gracePeriodSeconds: 0 });
  await clock.settle();
  const after = await slices(cluster);
  assert.deepEqual(
    after.filter(({ metadata }) => versions.get(metadata.name) !== metadata.resourceVersion).length,
    1,
  );
  assert.equal(Object.keys(await view(cluster)).length, 249);
});

test('headless, publishNotReadyAddresses, hostnames, and what is not selected at all', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  cluster.readiness = () => false;
  await client.create(
    services,
    service({ clusterIP: 'None', clusterIPs: ['None'], publishNotReadyAddresses: true, ports: undefined }),
  );
  await client.create(pods, pod('db-0', 8080, { hostname: 'db-0', subdomain: 'web' }));
  await clock.settle();
  const [slice] = await slices(cluster);
  assert.equal(slice!.metadata.labels?.['service.kubernetes.io/headless'], '');
  assert.deepEqual(slice!.ports ?? [], []);
  assert.equal(slice!.endpoints?.[0]?.hostname, 'db-0');
  assert.deepEqual((await view(cluster))['db-0'], [true, false, false]);

  await client.create(services, {
    metadata: { name: 'by-hand', namespace: 'default' },
    spec: { ...service().spec, clusterIP: '10.96.0.51', clusterIPs: ['10.96.0.51'], selector: undefined },
  });
  await clock.settle();
  assert.equal((await slices(cluster)).length, 1);
});

test('traffic distribution gives hints of zone and node', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.create(services, service({ trafficDistribution: 'PreferSameNode' }));
  await client.create(pods, pod('a'));
  await clock.settle();
  const [slice] = await slices(cluster);
  assert.deepEqual(slice!.endpoints?.[0]?.hints, {
    forZones: [{ name: 'a' }],
    forNodes: [{ name: 'node-1' }],
  });
  await client.patch(services, 'web', 'default', {
    type: 'merge',
    body: { spec: { trafficDistribution: null } },
  });
  await clock.settle();
  assert.equal((await slices(cluster))[0]!.endpoints?.[0]?.hints, undefined);
});

test('a Pod whose Node is not known comes in when the Node does', async () => {
  await using cluster = await createTestCluster({ enabled });
  const { client, clock } = cluster;
  await client.delete(nodes, 'node-1');
  await client.create(services, service());
  await client.create(pods, pod('a'));
  await clock.settle();
  assert.deepEqual(await view(cluster), {});
  await client.create(nodes, { metadata: { name: 'node-1' } });
  await clock.advance(2000);
  assert.deepEqual(Object.keys(await view(cluster)), ['a']);
});
