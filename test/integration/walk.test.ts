// The walk of a first-time user inside one process, with time under control: what test/e2e/walk.test.ts does with kubectl and containers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deployments } from '../../src/api/generated/resources/apps.v1.ts';
import { nodes, pods, services } from '../../src/api/generated/resources/core.v1.ts';
import type { V1Deployment, V1Pod } from '../../src/api/generated/types.ts';
import { findCondition } from '../../src/machinery/conditions.ts';
import type { Stored } from '../../src/machinery/object.ts';
import { Cluster } from '../../src/testing/cluster.ts';
import { problemLogger } from './problems.ts';

const problems = problemLogger();
let cluster: Cluster;
before(async () => {
  cluster = await Cluster.start({
    nodes: 3,
    logger: problems.logger,
    images: { 'example.test/broken': { pullError: 'no such image' } },
  });
});
after(() => cluster[Symbol.asyncDispose]());

const myapp = (image: string, replicas = 1): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: myapp}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: myapp}}
  template:
    metadata: {labels: {app: myapp}}
    spec:
      containers:
      - {name: myapp, image: "${image}", readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}
`;

const setImage = (image: string): Promise<Stored<V1Deployment>> =>
  cluster.client.patch(deployments, 'myapp', 'default', {
    type: 'strategic',
    body: { spec: { template: { spec: { containers: [{ name: 'myapp', image }] } } } },
  });
const isReady = (pod: V1Pod): boolean => findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
const readyPods = async (): Promise<Stored<V1Pod>[]> => (await cluster.list('pods')).filter(isReady);
const readyAddresses = async (service: string): Promise<string[]> =>
  (await cluster.list('endpointslices', { labelSelector: `kubernetes.io/service-name=${service}` }))
    .flatMap(slice => slice.endpoints ?? [])
    .filter(endpoint => endpoint.conditions?.ready)
    .flatMap(endpoint => endpoint.addresses)
    .sort();
const isRolledOut =
  (replicas: number) =>
  ({ metadata, status }: V1Deployment): boolean =>
    status?.observedGeneration === metadata?.generation &&
    status?.updatedReplicas === replicas &&
    status?.readyReplicas === replicas &&
    status?.replicas === replicas;
const addressesOf = (all: V1Pod[]): string[] => all.map(pod => pod.status?.podIP ?? '').sort();

/** Follows a roll-out to its end and tells the extremes of Pods that were there and that were available. */
async function followRollout(image: string, replicas: number): Promise<{ most: number; fewest: number }> {
  let [most, fewest] = [0, Number.POSITIVE_INFINITY];
  await setImage(image);
  await cluster.until(async () => {
    const all = await cluster.list('pods');
    most = Math.max(most, all.filter(pod => !pod.metadata.deletionTimestamp).length);
    fewest = Math.min(fewest, all.filter(isReady).length);
    return isRolledOut(replicas)(await cluster.get('deployment/myapp'));
  });
  return { most, fewest };
}

test('a fresh cluster has the default Service and Ready nodes with a version', async () => {
  const { items } = await cluster.client.list(services);
  assert.deepEqual(
    items.map(({ metadata, spec }) => [metadata.name, spec?.type, spec?.clusterIP]),
    [
      ['kubernetes', 'ClusterIP', '10.96.0.1'],
      ['kube-dns', 'ClusterIP', '10.96.0.10'],
    ],
  );
  for (const node of (await cluster.client.list(nodes)).items) {
    assert.equal(findCondition(node.status?.conditions, 'Ready')?.status, 'True');
    assert.match(node.status?.nodeInfo?.kubeletVersion ?? '', /^v1\.36\./);
  }
});

test('a Deployment is created, scaled and exposed', async () => {
  await cluster.apply(myapp('example.test/myapp:v1'));
  await cluster.until('deployment/myapp', isRolledOut(1));
  await cluster.client.subresource('update', deployments, 'myapp', 'default', 'scale', {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'myapp', namespace: 'default' },
    spec: { replicas: 10 },
  });
  await cluster.until('deployment/myapp', isRolledOut(10));
  const all = await readyPods();
  assert.equal(new Set(addressesOf(all)).size, 10);
  assert.deepEqual([...new Set(all.map(pod => pod.spec?.nodeName))].sort(), ['node-1', 'node-2', 'node-3']);
  const managers = all[0]!.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource]);
  assert.deepEqual(managers, [
    ['kube-controller-manager', undefined],
    ['kubelet', 'status'],
  ]);

  await cluster.apply(`
apiVersion: v1
kind: Service
metadata: {name: myapp}
spec: {selector: {app: myapp}, ports: [{port: 80, targetPort: 8080}]}
`);
  await cluster.until(async () => (await readyAddresses('myapp')).length === 10);
  assert.deepEqual(await readyAddresses('myapp'), addressesOf(all));
  assert.match((await cluster.get('service/myapp')).spec?.clusterIP ?? '', /^10\.96\./);
  const { subsets } = (await cluster.get('endpoints/myapp')) as { subsets?: { addresses: unknown[] }[] };
  assert.equal(subsets?.[0]?.addresses.length, 10);
});

test('a Pod that is not ready gets no traffic, and gets it back', async () => {
  const [pod] = await readyPods();
  const node = cluster.nodes.find(({ name }) => name === pod!.spec?.nodeName)!;
  const address = pod!.status!.podIP!;
  node.container(pod!.metadata.name)!.ready = false;
  await cluster.until(async () => !(await readyAddresses('myapp')).includes(address));
  assert.equal((await readyAddresses('myapp')).length, 9);
  node.container(pod!.metadata.name)!.ready = true;
  await cluster.until(async () => (await readyAddresses('myapp')).length === 10);
});

test('a rolling update keeps its bounds, its undo takes the old ReplicaSet again', async () => {
  const [first] = await cluster.list('replicasets');
  const update = await followRollout('example.test/myapp:v2', 10);
  assert.ok(update.most <= 13, `at most 13 Pods, not ${update.most}`);
  assert.ok(update.fewest >= 8, `at least 8 ready, not ${update.fewest}`);
  assert.ok((await readyPods()).every(pod => pod.spec?.containers[0]?.image === 'example.test/myapp:v2'));

  const undo = await followRollout('example.test/myapp:v1', 10);
  assert.ok(undo.most <= 13 && undo.fewest >= 8, JSON.stringify(undo));
  const sets = await cluster.list('replicasets');
  assert.equal(sets.length, 2);
  const current = sets.find(({ spec }) => spec?.replicas === 10);
  assert.equal(current?.metadata.uid, first?.metadata.uid);
  assert.equal(current?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  assert.deepEqual(await readyAddresses('myapp'), addressesOf(await readyPods()));
});

test('a roll-out whose image cannot be pulled is told as stuck, and the old Pods go on', async () => {
  await setImage('example.test/broken:v3');
  const began = cluster.clock.now();
  const stuck = await cluster.until(
    'deployment/myapp',
    ({ status }) => findCondition(status?.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
    { timeout: '15m' },
  );
  const took = (cluster.clock.now() - began) / 60_000;
  assert.ok(took >= 10 && took < 11, `${took} minutes`);
  assert.equal(stuck.status?.availableReplicas, 8);
  assert.equal((await readyAddresses('myapp')).length, 8);
  const waiting = (await cluster.list('pods')).flatMap(
    pod => pod.status?.containerStatuses?.map(({ state }) => state?.waiting?.reason) ?? [],
  );
  assert.ok(waiting.includes('ImagePullBackOff'), String(waiting));
  await setImage('example.test/myapp:v1');
  await cluster.until('deployment/myapp', isRolledOut(10));
});

test('a node that dies becomes NotReady, its Pods leave the Service, are evicted and made anew', async () => {
  const [, failing] = cluster.nodes;
  const doomed = (await readyPods()).filter(pod => pod.spec?.nodeName === failing!.name);
  assert.ok(doomed.length >= 3);
  const began = cluster.clock.now();
  await failing!.fail();
  const node = await cluster.until(
    `node/${failing!.name}`,
    ({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'Unknown',
  );
  assert.equal(findCondition(node.status?.conditions, 'Ready')?.reason, 'NodeStatusUnknown');
  const told = (await cluster.events(`node/${failing!.name}`))
    .filter(({ source }) => source?.component === 'node-controller')
    .map(({ reason, message, involvedObject }) => `${reason}: ${message}: ${involvedObject.uid}`);
  assert.deepEqual(told, [
    `RegisteredNode: Node node-2 event: Registered Node node-2 in Controller: ${node.metadata.uid}`,
    `NodeNotReady: Node node-2 status is now: NodeNotReady: ${node.metadata.uid}`,
  ]);
  const noticed = (cluster.clock.now() - began) / 1000;
  assert.ok(noticed >= 40 && noticed <= 60, `${noticed} s`);
  await cluster.until(async () => (await readyAddresses('myapp')).length === 10 - doomed.length);

  await cluster.clock.advance('4m');
  assert.equal((await cluster.list('pods')).length, 10);
  await cluster.clock.advance('2m');
  await cluster.until(async () => (await readyAddresses('myapp')).length === 10);
  const alive = (await readyPods()).map(pod => pod.spec?.nodeName);
  assert.ok(!alive.includes(failing!.name));
  // Nobody can tell that the old ones have ended: they stay until the node is back.
  assert.equal((await cluster.list('pods')).length, 10 + doomed.length);

  await failing!.recover();
  await cluster.until(
    `node/${failing!.name}`,
    ({ status, spec }) =>
      findCondition(status?.conditions, 'Ready')?.status === 'True' && !spec?.taints?.length,
  );
  await cluster.until(async () => (await cluster.list('pods')).length === 10);
});

test('a rolling update goes through while a node dies in the middle of it', async () => {
  const [, , failing] = cluster.nodes;
  await setImage('example.test/myapp:v4');
  await cluster.until('deployment/myapp', ({ status }) => (status?.updatedReplicas ?? 0) >= 3);
  await failing!.fail();
  await cluster.until('deployment/myapp', isRolledOut(10), { timeout: '30m' });
  assert.ok((await readyPods()).every(pod => pod.spec?.nodeName !== failing!.name));
  await failing!.recover();
  await cluster.until(async () => (await cluster.list('pods')).length === 10);
});

test('deletion takes with it what belongs to the Deployment, and nothing else', async () => {
  await cluster.client.create(pods, {
    metadata: { name: 'bystander', labels: { app: 'other' }, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'example.test/other' }] },
  });
  await cluster.until('pod/bystander', isReady);
  await cluster.client.delete(deployments, 'myapp', 'default');
  await cluster.untilGone('deployment/myapp');
  await cluster.until(async () => (await cluster.list('pods')).length === 1);
  assert.deepEqual(await cluster.list('replicasets'), []);
  assert.deepEqual(await readyAddresses('myapp'), []);
  await cluster.client.delete(services, 'myapp', 'default');
  await cluster.until(async () => {
    const slices = await cluster.list('endpointslices', {
      labelSelector: 'kubernetes.io/service-name=myapp',
    });
    return slices.length === 0;
  });
  await cluster.untilGone('endpoints/myapp');
  assert.ok(isReady(await cluster.get('pod/bystander')));
});

test('no component has met anything that it did not expect', () => {
  assert.deepEqual(problems.seen, []);
});
