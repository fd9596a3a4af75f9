import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '../api/generated/resources/apps.v1.ts';
import {
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  services,
} from '../api/generated/resources/core.v1.ts';
import { events } from '../api/generated/resources/events.k8s.io.v1.ts';
import { storageclasses } from '../api/generated/resources/storage.k8s.io.v1.ts';
import type { V1Pod } from '../api/generated/types.ts';
import { createFakeClient } from '../client/fake-client.ts';
import { createInformers } from '../client/informers.ts';
import { silentLogger } from '../machinery/logger.ts';
import { noMetrics } from '../machinery/metrics.ts';
import { seededRandom } from '../machinery/random.ts';
import { internalError } from '../machinery/status-errors.ts';
import { createTestClock } from '../testing/clock.ts';
import { aNode, aPod, type NodeSpec, type PodSpec } from './fixtures.ts';
import { startScheduler } from './scheduler.ts';

async function setUp(given: Record<string, NodeSpec>) {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  for (const [name, spec] of Object.entries(given)) client.seed(nodes, aNode(name, spec));
  const informers = createInformers(client, { clock });
  const context = {
    client,
    informers,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: noMetrics,
  };
  const scheduler = await startScheduler(context);
  const place = (name: string): string | undefined =>
    client.all(pods).find(pod => pod.metadata.name === name)?.spec?.nodeName;
  const condition = (name: string) =>
    client
      .all(pods)
      .find(pod => pod.metadata.name === name)
      ?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return {
    clock,
    client,
    context,
    place,
    condition,
    add: (name: string, spec: PodSpec = {}) => client.seed(pods, aPod(name, spec)),
    reports: (reason: string) => client.all(events).filter(event => event.reason === reason),
    async [Symbol.asyncDispose]() {
      await scheduler[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      assert.equal(clock.pending, 0, 'no timer is left');
    },
  };
}

test('a pod gets a node at once, without time passing, and an event says so', async () => {
  await using cluster = await setUp({ n1: {} });
  cluster.add('p', { cpu: '1' });
  await cluster.clock.settle();
  assert.equal(cluster.place('p'), 'n1');
  assert.equal(cluster.condition('p')?.status, 'True');
  const [event] = cluster.reports('Scheduled');
  assert.equal(event?.note, 'Successfully assigned default/p to n1');
  assert.equal(event?.reportingController, 'default-scheduler');
  assert.equal(event?.action, 'Binding');
});

test('pods of other schedulers, bound, ended and gated ones are not touched', async () => {
  await using cluster = await setUp({ n1: {} });
  cluster.add('other', { spec: { schedulerName: 'mine' } });
  cluster.add('bound', { node: 'elsewhere' });
  cluster.client.seed(pods, { ...aPod('done'), status: { phase: 'Succeeded' } });
  const gated = cluster.add('gated', { spec: { schedulingGates: [{ name: 'g' }] } });
  await cluster.clock.advance(60_000);
  assert.equal(cluster.client.requests.filter(({ subresource }) => subresource === 'binding').length, 0);
  await cluster.client.update(pods, { ...gated, spec: { ...gated.spec!, schedulingGates: [] } });
  await cluster.clock.settle();
  assert.equal(cluster.place('gated'), 'n1');
});

test('what was given away counts at once: a node is never overfilled', async () => {
  await using cluster = await setUp({ n1: { cpu: '2' }, n2: { cpu: '1' } });
  let release = (): void => {};
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  cluster.client.before(({ subresource }) => (subresource === 'binding' ? held : undefined));
  for (const name of ['a', 'b', 'c', 'd']) cluster.add(name, { cpu: '1' });
  await cluster.clock.settle();
  assert.equal(
    cluster.condition('d')?.message,
    '0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  );
  release();
  await cluster.clock.settle();
  const places = ['a', 'b', 'c', 'd'].map(cluster.place);
  assert.deepEqual(places.sort(), ['n1', 'n1', 'n2', undefined]);
});

test('the reasons are told by event and condition, and the pod is bound when they are gone', async () => {
  await using cluster = await setUp({
    n1: { cpu: '1' },
    n2: { taints: [{ key: 'x', effect: 'NoSchedule' }] },
    n3: { taints: [{ key: 'y', effect: 'NoSchedule' }] },
  });
  cluster.add('p', { cpu: '2' });
  await cluster.clock.settle();
  const message =
    '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';
  const condition = cluster.condition('p');
  assert.equal(condition?.status, 'False');
  assert.equal(condition?.reason, 'Unschedulable');
  assert.equal(condition?.message, message);
  const [event] = cluster.reports('FailedScheduling');
  assert.equal(event?.note, message);
  assert.equal(event?.type, 'Warning');
  const n2 = cluster.client.all(nodes).find(node => node.metadata.name === 'n2')!;
  await cluster.client.update(nodes, { ...n2, spec: {} });
  await cluster.clock.settle();
  assert.equal(cluster.place('p'), 'n2');
});

test('without any node pods wait, and go to the first that comes', async () => {
  await using cluster = await setUp({});
  cluster.add('p');
  await cluster.clock.settle();
  assert.equal(cluster.condition('p')?.message, 'no nodes available to schedule pods');
  cluster.client.seed(nodes, aNode('n1'));
  await cluster.clock.settle();
  assert.equal(cluster.place('p'), 'n1');
});

test('the room of a deleted or ended pod is given to one that waits, the more important first', async () => {
  await using cluster = await setUp({ n1: { cpu: '1' } });
  cluster.add('old', { cpu: '1', node: 'n1' });
  await cluster.clock.settle();
  cluster.add('low', { cpu: '1' });
  cluster.add('high', { cpu: '1', spec: { priority: 100 } });
  await cluster.clock.settle();
  assert.equal(cluster.place('high'), undefined);
  const old = cluster.client.all(pods).find(pod => pod.metadata.name === 'old')!;
  await cluster.client.updateStatus(pods, { ...old, status: { phase: 'Succeeded' } });
  await cluster.clock.settle();
  assert.equal(cluster.place('high'), 'n1');
  await cluster.client.delete(pods, 'high', 'default', { gracePeriodSeconds: 0 });
  await cluster.clock.settle();
  assert.equal(cluster.place('low'), 'n1');
});

test('replicas of a ReplicaSet and Service are spread evenly over nodes', async () => {
  await using cluster = await setUp({ n1: {}, n2: {}, n3: {}, n4: {}, n5: {} });
  const labels = { app: 'web' };
  cluster.client.seed(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: labels },
  });
  cluster.client.seed(replicasets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { matchLabels: labels } },
  });
  await cluster.clock.settle();
  for (let i = 0; i < 20; i++) cluster.add(`w${i}`, { labels, owner: 'web' });
  await cluster.clock.settle();
  const counts = new Map<string, number>();
  for (const { spec } of cluster.client.all(pods))
    counts.set(spec!.nodeName!, (counts.get(spec!.nodeName!) ?? 0) + 1);
  assert.deepEqual([...counts.values()], [4, 4, 4, 4, 4]);
});

test('a failed binding gives the room back and is tried again after its back-off', async () => {
  await using cluster = await setUp({ n1: { cpu: '1' } });
  let failures = 1;
  cluster.client.before(({ subresource }) => {
    if (subresource === 'binding' && failures-- > 0) throw internalError('no luck');
  });
  cluster.add('p', { cpu: '1' });
  await cluster.clock.settle();
  assert.equal(cluster.place('p'), undefined);
  assert.equal(cluster.condition('p')?.reason, 'SchedulerError');
  assert.match(
    cluster.condition('p')?.message ?? '',
    /^binding rejected: running Bind plugin "DefaultBinder": .*no luck/,
  );
  await cluster.clock.advance(999);
  assert.equal(cluster.place('p'), undefined);
  await cluster.clock.advance(1);
  assert.equal(cluster.place('p'), 'n1');
});

test('a pod that another has bound meanwhile is let go', async () => {
  await using cluster = await setUp({ n1: {}, n2: {} });
  const remove = cluster.client.before(async ({ subresource }) => {
    if (subresource !== 'binding') return;
    remove();
    const target = { kind: 'Node', name: 'n2' };
    await cluster.client.subresource('create', pods, 'p', 'default', 'binding', { metadata: {}, target });
    await cluster.client.patch(pods, 'p', 'default', {
      type: 'merge',
      body: { metadata: { labels: { a: 'b' } } },
    });
  });
  cluster.add('p');
  await cluster.clock.advance(30_000);
  assert.equal(cluster.place('p'), 'n2');
  assert.equal(cluster.condition('p')?.status, 'True');
  assert.equal(cluster.client.requests.filter(({ subresource }) => subresource === 'binding').length, 2);
});

test('a pod deleted while its binding is under way leaves nothing behind', async () => {
  await using cluster = await setUp({ n1: { cpu: '1' } });
  let release = (): void => {};
  cluster.client.before(({ subresource, name }) =>
    subresource === 'binding' && name === 'p'
      ? new Promise<void>(resolve => {
          release = resolve;
        })
      : undefined,
  );
  cluster.add('p', { cpu: '1' });
  await cluster.clock.settle();
  await cluster.client.delete(pods, 'p', 'default');
  release();
  cluster.add('q', { cpu: '1' });
  await cluster.clock.settle();
  assert.equal(cluster.place('q'), 'n1');
  await cluster.clock.advance(20_000);
});

test('a pod of a DaemonSet is told about its own node only', async () => {
  await using cluster = await setUp({ n1: { cpu: '1' }, n2: {}, n3: {} });
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] };
  const affinity: NonNullable<V1Pod['spec']>['affinity'] = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  };
  cluster.add('d', { cpu: '2', spec: { affinity } });
  cluster.add('e', { cpu: '1', spec: { affinity } });
  await cluster.clock.settle();
  assert.equal(
    cluster.condition('d')?.message,
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
  assert.equal(cluster.place('e'), 'n1');
});

test('a claim that waits for its pod gets the smallest volume of the node, and the pod is bound after it', async () => {
  await using cluster = await setUp({ n1: {}, n2: {} });
  const { client, clock } = cluster;
  client.seed(storageclasses, {
    metadata: { name: 'local' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  for (const [name, storage] of [
    ['large', '10Gi'],
    ['right', '2Gi'],
    ['small', '1Gi'],
  ] as const) {
    client.seed(persistentvolumes, {
      metadata: { name },
      spec: {
        storageClassName: 'local',
        capacity: { storage },
        accessModes: ['ReadWriteOnce'],
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n2'] }] },
            ],
          },
        },
      },
      status: { phase: 'Available' },
    });
  }
  client.seed(persistentvolumeclaims, {
    metadata: { name: 'data', namespace: 'default' },
    spec: {
      storageClassName: 'local',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '2Gi' } },
    },
  });
  await clock.settle();
  cluster.add('p', { spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } });
  await clock.settle();
  const claimed = client.all(persistentvolumes).filter(({ spec }) => spec?.claimRef);
  assert.deepEqual(
    claimed.map(({ metadata }) => metadata.name),
    ['right'],
  );
  assert.equal(cluster.place('p'), undefined, 'the volume controller has not bound the claim yet');
  await client.patch(persistentvolumeclaims, 'data', 'default', {
    type: 'merge',
    body: {
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { volumeName: 'right' },
    },
  });
  await clock.settle();
  assert.equal(cluster.place('p'), 'n2');
});

test('a more important pod gets the room of the least important ones, and nobody takes it meanwhile', async () => {
  await using cluster = await setUp({ n1: { cpu: '4' }, n2: { cpu: '4' } });
  const { client, clock } = cluster;
  const important = (priority: number) => ({ spec: { priority } });
  cluster.add('a', { cpu: '2', node: 'n1', ...{ spec: { priority: 10, nodeName: 'n1' } } });
  cluster.add('b', { cpu: '2', ...{ spec: { priority: 5, nodeName: 'n1' } } });
  cluster.add('c', { cpu: '4', ...{ spec: { priority: 50, nodeName: 'n2' } } });
  await clock.settle();
  const pod = cluster.add('urgent', { cpu: '2', ...important(100) });
  await clock.settle();
  const find = (name: string) => client.all(pods).find(({ metadata }) => metadata.name === name);
  assert.ok(find('b')?.metadata.deletionTimestamp, 'the least important one is asked to end');
  assert.ok(!find('a')?.metadata.deletionTimestamp);
  assert.ok(!find('c')?.metadata.deletionTimestamp);
  const target = find('b')?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.equal(target?.reason, 'PreemptionByScheduler');
  assert.equal(find('urgent')?.status?.nominatedNodeName, 'n1');
  const [event] = cluster.reports('Preempted');
  assert.equal(event?.note, `Preempted by pod ${pod.metadata.uid} on node n1`);
  cluster.add('thief', { cpu: '1', ...important(1) });
  await client.delete(pods, 'b', 'default', { gracePeriodSeconds: 0 });
  await clock.settle();
  assert.equal(cluster.place('urgent'), 'n1');
  assert.equal(cluster.place('thief'), undefined);
});

test('a pod that may not preempt says so', async () => {
  await using cluster = await setUp({ n1: { cpu: '1' } });
  cluster.add('a', { cpu: '1', node: 'n1' });
  await cluster.clock.settle();
  cluster.add('p', { cpu: '1', spec: { priority: 5, preemptionPolicy: 'Never' } });
  await cluster.clock.settle();
  assert.equal(
    cluster.condition('p')?.message,
    '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
  );
});

test('five hundred pods on two hundred nodes: all placed, no node overfilled', async () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n${i}`, { cpu: '3', pods: '5' }]));
  await using cluster = await setUp(many);
  for (let i = 0; i < 500; i++) cluster.add(`p${i}`, { cpu: '1' });
  await cluster.clock.advance(1000);
  const counts = new Map<string, number>();
  for (const { spec } of cluster.client.all(pods)) {
    assert.ok(spec?.nodeName);
    counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  }
  assert.ok(Math.max(...counts.values()) <= 3);
});
