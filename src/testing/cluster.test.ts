import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configmaps, pods } from '../api/generated/resources/core.v1.ts';
import type { V1Node, V1Pod } from '../api/generated/types.ts';
import { createHttpClient } from '../client/http-client.node.ts';
import { readKubeconfig } from '../client/kubeconfig.node.ts';
import { findCondition } from '../machinery/conditions.ts';
import { StatusError } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { Cluster, type ClusterOptions, TimeoutError } from './cluster.ts';

const podOf = (name: string, image: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: ${image}}]${more}}\n`;
const deploymentOf = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: example.test/web}]}
`;
const stateOf = (pod: V1Pod) => pod.status?.containerStatuses?.[0];
const isReady = ({ status }: V1Pod | V1Node): boolean =>
  findCondition(status?.conditions, 'Ready')?.status === 'True';

/** What happens in a cluster, from calls to the last byte of its Pods and Events. */
async function history(seed: number): Promise<string[]> {
  const calls: string[] = [];
  await using cluster = await Cluster.start({
    nodes: 3,
    seed,
    images: { 'example.test/bad': { exitAfterMs: 1500, exitCode: 1 } },
    beforeCall: ({ component, verb, resource, name }) =>
      void calls.push(`${component} ${verb} ${resource.resource} ${name}`),
  });
  await cluster.apply(`${deploymentOf(6)}---\n${podOf('crashing', 'example.test/bad')}`);
  await cluster.until('deployment/web', ({ status }) => status?.readyReplicas === 6);
  await cluster.nodes[0]!.fail();
  await cluster.clock.advance('10m');
  await cluster.nodes[0]!.recover();
  await cluster.clock.advance('5m');
  const objects = [...(await cluster.list('pods')), ...(await cluster.events())];
  return [...calls, ...objects.map(object => JSON.stringify(object))];
}

test('the same seed gives the same history, byte for byte; another one another', async () => {
  const first = await history(7);
  assert.ok(first.length > 400, String(first.length));
  assert.deepEqual(await history(7), first);
  assert.notDeepEqual(await history(8), first);
});

test('containers do what their image says', async () => {
  await using cluster = await Cluster.start({
    images: {
      'example.test/task': { exitAfterMs: 5000, log: ['done'] },
      'example.test/crash': { exitAfterMs: 1000, exitCode: 3, terminationMessage: 'no config' },
      'example.test/gone:v9': { pullError: 'manifest unknown' },
      'example.test/slow': { pullMs: 30_000, startMs: 2000 },
    },
  });
  const began = cluster.clock.now();
  await cluster.apply(
    [
      podOf('task', 'example.test/task:v1', ', restartPolicy: Never'),
      podOf('crash', 'example.test/crash'),
      podOf('gone', 'example.test/gone:v9'),
      podOf('there', 'example.test/gone:v8'),
      podOf('slow', 'example.test/slow'),
    ].join('---\n'),
  );
  const task = await cluster.until('pod/task', ({ status }) => status?.phase === 'Succeeded');
  assert.equal(stateOf(task)?.state?.terminated?.reason, 'Completed');
  await cluster.until('pod/there', isReady);
  await cluster.until('pod/slow', isReady);
  assert.equal(cluster.clock.now() - began, 32_000);
  await cluster.until('pod/gone', pod => stateOf(pod)?.state?.waiting?.reason === 'ImagePullBackOff');
  const crash = await cluster.until('pod/crash', pod => (stateOf(pod)?.restartCount ?? 0) >= 4, {
    timeout: '10m',
  });
  assert.equal(stateOf(crash)?.lastState?.terminated?.exitCode, 3);
  assert.equal(stateOf(crash)?.lastState?.terminated?.message, 'no config');
  // None, 10 s, 20 s and 40 s of back-off, and a second of life each time.
  const lived = (cluster.clock.now() - began) / 1000;
  assert.ok(lived >= 74 && lived <= 80, `${lived} s`);
});

test('a function of image names decides alone, and a container can be ended by hand', async () => {
  await using cluster = await Cluster.start({
    images: name => (name.startsWith('known.test/') ? {} : undefined),
  });
  await cluster.apply(`${podOf('known', 'known.test/a')}---\n${podOf('unknown', 'other.test/b')}`);
  await cluster.until('pod/known', isReady);
  await cluster.until('pod/unknown', pod => stateOf(pod)?.state?.waiting?.reason === 'ImagePullBackOff');
  cluster.nodes[0]!.container('known')!.exit(137, 'OOMKilled');
  const pod = await cluster.until('pod/known', one => stateOf(one)?.restartCount === 1);
  assert.equal(stateOf(pod)?.lastState?.terminated?.reason, 'OOMKilled');
});

test('a manifest is a text or a file; what is wrong with it is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'apply-'));
  await using cluster = await Cluster.start({ nodes: 0 });
  try {
    const file = join(folder, 'list.yaml');
    writeFileSync(
      file,
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: "1"}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: other}}\n',
    );
    const applied = await cluster.apply(file);
    assert.deepEqual(
      applied.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`),
      ['ConfigMap default a', 'Namespace  other'],
    );
    await cluster.apply('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"2"}}');
    assert.deepEqual((await cluster.get('configmap/a')).data, { k: '2' });
    await cluster.apply('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n', { namespace: 'other' });
    assert.equal((await cluster.get('secret/s', { namespace: 'other' })).metadata.name, 's');
    const refusals: [string, RegExp][] = [
      [join(folder, 'none.yaml'), /there is no file/],
      [
        'apiVersion: v1\nkind: Nothing\nmetadata: {name: a}\n',
        /no matches for kind "Nothing" in version "v1"/,
      ],
      ['kind: Pod\n', /no apiVersion/],
      ['a: [\n', /no YAML/],
      ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndatta: {}\n', /datta/],
      ['apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {}\n', /spec.ports: Required value/],
    ];
    for (const [source, message] of refusals) await assert.rejects(cluster.apply(source), message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('objects are named as kubectl names them', async () => {
  await using cluster = await Cluster.start({ nodes: 0 });
  await cluster.apply(deploymentOf(1));
  for (const word of [
    'deployment',
    'deployments',
    'deploy',
    'Deployment',
    'deployments.apps',
    'deployment.v1.apps',
  ])
    assert.equal((await cluster.get(`${word}/web`)).metadata.name, 'web');
  assert.equal((await cluster.get('svc/kubernetes')).metadata.name, 'kubernetes');
  await assert.rejects(cluster.get('deployment/none'), (error: StatusError) => error.reason === 'NotFound');
  await assert.rejects(async () => cluster.get('nonsense/web'), /doesn't have a resource type "nonsense"/);
  await assert.rejects(async () => cluster.get('web'), /named "kind\/name"/);
});

test('waiting ends with what was seen last', async () => {
  await using cluster = await Cluster.start({ nodes: 0 });
  await cluster.apply(deploymentOf(2));
  const began = cluster.clock.now();
  await assert.rejects(
    cluster.until('deployment/web', ({ status }) => status?.readyReplicas === 2, { timeout: '5m' }),
    (error: Error) =>
      error instanceof TimeoutError && /after 5m: deployment\/web .*"replicas":2/.test(error.message),
  );
  assert.equal(cluster.clock.now() - began, 300_000);
  await assert.rejects(cluster.untilGone('deployment/web', { timeout: 1000 }), /is still there/);
  await assert.rejects(
    cluster.until('deployment/web', () => {
      throw new Error('a mistake of the test');
    }),
    /a mistake of the test/,
  );
});

test('time runs by itself when it is told to, and stands still again', async () => {
  await using cluster = await Cluster.start();
  await cluster.apply(podOf('p', 'example.test/p'));
  const began = cluster.clock.now();
  cluster.clock.run(1000);
  await cluster.until(() => cluster.clock.now() - began > 60_000, { timeout: '1h' });
  await cluster.clock.pause();
  const paused = cluster.clock.now();
  await new Promise(resolve => setTimeout(resolve, 30));
  assert.equal(cluster.clock.now(), paused);
  await assert.rejects(cluster.clock.advance('yesterday'), /invalid duration/);
  await assert.rejects(cluster.clock.advance(-1), RangeError);
});

test('in real time everything happens by itself, and time cannot be moved', async () => {
  await using cluster = await Cluster.start({ time: 'real' });
  await cluster.apply(podOf('p', 'example.test/p'));
  await cluster.until('pod/p', isReady, { timeout: '30s' });
  await assert.rejects(cluster.clock.advance('1m'), /real time/);
});

test('a node that is cut off keeps its containers, and speaks for them again when it is back', async () => {
  await using cluster = await Cluster.start({ nodes: [{ name: 'edge', labels: { zone: 'far' } }] });
  await cluster.apply(
    podOf('p', 'example.test/p', ', tolerations: [{operator: Exists}], nodeSelector: {zone: far}'),
  );
  const [edge] = cluster.nodes;
  const before = await cluster.until('pod/p', isReady);
  await edge!.partition();
  await cluster.until(
    'node/edge',
    ({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'Unknown',
  );
  assert.equal(isReady(await cluster.until('pod/p', pod => !isReady(pod))), false);
  assert.equal(edge!.container('p')?.state, 'running');
  await edge!.recover();
  await cluster.until('node/edge', isReady);
  const after = await cluster.until('pod/p', isReady);
  assert.equal(stateOf(after)?.containerID, stateOf(before)?.containerID);
  assert.equal(stateOf(after)?.restartCount, 0);

  await edge!.fail();
  assert.equal(edge!.container('p'), undefined);
  await edge!.recover();
  const restarted = await cluster.until('pod/p', pod => isReady(pod) && stateOf(pod)?.restartCount === 1);
  assert.notEqual(stateOf(restarted)?.containerID, stateOf(before)?.containerID);
});

test('the kubeconfig opens HTTPS on loopback for as long as the cluster lives', async () => {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start({ nodes: 0 }));
  try {
    const path = await cluster.kubeconfig;
    assert.equal(await cluster.kubeconfig, path);
    const access = readKubeconfig(path, { clock: realClock });
    assert.match(access.server, /^https:\/\/127\.0\.0\.1:\d+$/);
    const client = createHttpClient({ ...access, clock: realClock });
    await client.create(configmaps, { metadata: { name: 'over-https', namespace: 'default' } });
    assert.equal((await cluster.get('configmap/over-https')).metadata.name, 'over-https');
    await cluster.until(
      'configmap/kube-root-ca.crt',
      ({ data }) => data?.['ca.crt']?.startsWith('-----BEGIN') === true,
    );
    await stack.disposeAsync();
    await assert.rejects(client.list(configmaps));
    client.close();
    assert.ok(!existsSync(path));
  } finally {
    await stack.disposeAsync();
  }
});

test('calls of components can be refused, and answers lost', async () => {
  let refused = 0;
  let lost = 0;
  const options: ClusterOptions = {
    beforeCall({ component, verb, resource }) {
      if (component !== 'kube-controller-manager' || verb !== 'create' || resource.resource !== 'pods')
        return;
      if (refused++ < 3) throw new StatusError('InternalError', 'not now');
    },
    afterCall({ component, subresource }) {
      if (component === 'kube-scheduler' && subresource === 'binding' && lost++ === 0)
        throw new Error('socket hang up');
    },
  };
  await using cluster = await Cluster.start(options);
  await cluster.apply(deploymentOf(3));
  await cluster.until('deployment/web', ({ status }) => status?.readyReplicas === 3);
  assert.ok(refused >= 6 && lost >= 3, `${refused} ${lost}`);
  assert.equal((await cluster.list('pods')).length, 3);
  const created = (await cluster.events()).filter(({ reason }) => reason === 'FailedCreate');
  assert.ok(created.length > 0);
});

test('a component of one’s own has a client and caches', async () => {
  await using cluster = await Cluster.start();
  const { informers, client } = cluster.context('my-operator');
  const names: string[] = [];
  informers.for(pods).addHandler({ added: ({ metadata }) => void names.push(metadata.name) });
  await client.create(pods, {
    metadata: { name: 'mine', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'example.test/c' }] },
  });
  const mine = await cluster.until('pod/mine', isReady);
  assert.deepEqual(names, ['mine']);
  assert.ok(mine.metadata.managedFields?.some(({ manager }) => manager === 'my-operator'));
});

test('clusters live side by side and leave nothing behind', async () => {
  const before = process.getActiveResourcesInfo().length;
  const clusters = await Promise.all([1, 2, 3, 4].map(seed => Cluster.start({ seed })));
  await Promise.all(clusters.map(cluster => cluster.kubeconfig));
  await clusters[0]!.apply(podOf('only-here', 'example.test/p'));
  await assert.rejects(clusters[1]!.get('pod/only-here'), /not found/);
  await Promise.all(clusters.map(cluster => cluster[Symbol.asyncDispose]()));
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.ok(process.getActiveResourcesInfo().length <= before + 1);
});
