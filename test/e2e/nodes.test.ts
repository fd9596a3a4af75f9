// Three nodes on one machine: each with its own network, containerd, Pod range and proxy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, Sandbox } from './harness.ts';

const box = new Sandbox();
const name = 'e2e-nodes';

before(async () => {
  const outcome = await box.tsukube(['up', '--name', name, '--nodes', '3']);
  assert.equal(outcome.code, 0, outcome.stderr);
});
after(() => box[Symbol.asyncDispose]());

interface PodPlace {
  name: string;
  ip: string;
  node: string;
}

const places = async (): Promise<PodPlace[]> =>
  (
    await box.sh(
      `kubectl get pod -l app=web -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName}{"\\n"}{end}'`,
    )
  )
    .trim()
    .split('\n')
    .map(line => line.split(' '))
    .map(([name, ip, node]) => ({ name: name!, ip: ip!, node: node! }));

test('three Ready nodes with a Pod range each, and Pods spread over them', async () => {
  const nodes = JSON.parse(await box.sh('kubectl get nodes -o json')).items;
  assert.deepEqual(
    nodes.map((node: { metadata: { name: string } }) => node.metadata.name),
    [1, 2, 3].map(i => `${name}-${i}`),
  );
  assert.equal(new Set(nodes.map((node: { spec: { podCIDR: string } }) => node.spec.podCIDR)).size, 3);
  await box.sh('kubectl create deployment web --image=tsukube.local/myapp:v1 --replicas=6');
  await box.sh('kubectl create svc clusterip web --tcp=80:80');
  await box.sh('kubectl rollout status deployment/web --timeout=60s');
  const counts = new Map<string, number>();
  for (const { node } of await places()) counts.set(node, (counts.get(node) ?? 0) + 1);
  assert.deepEqual([...counts.values()], [2, 2, 2]);
});

test('Pods reach Pods on other nodes without address translation', async () => {
  const all = await places();
  const from = all[0]!;
  const to = all.find(each => each.node !== from.node)!;
  await box.sh(
    `kubectl exec ${to.name} -- sh -c 'nc -l -p 9000 -e sh -c "echo \\$NCREMOTE; netstat -tn | grep :9000" > /tmp/seen 2>&1 &'`,
  );
  await box
    .sh(
      `kubectl exec ${from.name} -- sh -c 'sleep 0.3; echo | nc -w 2 ${to.ip} 9000 > /tmp/answer || true; cat /tmp/answer'`,
    )
    .then(answer => {
      assert.match(
        answer,
        new RegExp(`${from.ip.replaceAll('.', '\\.')}:\\d+`),
        'the other side sees the address of the Pod itself',
      );
    });
});

test('the virtual IP answers on every node and from Pods of every node, with Pods of all nodes', async () => {
  const all = await places();
  for (const node of [1, 2, 3].map(i => `${name}-${i}`)) {
    const script =
      'i=0; while [ $i -lt 60 ]; do curl -s -m 3 http://web/hostname.html || echo -; i=$((i+1)); done';
    const seen = new Set((await box.inside(['sh', '-c', script], { name, node })).stdout.trim().split('\n'));
    assert.deepEqual([...seen].sort(), all.map(each => each.name).sort(), node);
  }
});

test('a node is stopped and started again', async () => {
  const victim = `${name}-3`;
  assert.equal((await box.tsukube(['node', 'stop', victim, '--name', name])).code, 0);
  assert.match(
    (await box.tsukube(['status', '--name', name])).stdout,
    new RegExp(`${victim}\\s+agent\\s+stopped`),
  );
  await eventually(
    'the node is NotReady',
    async () => / NotReady /.test(await box.sh(`kubectl get node ${victim}`)),
    70_000,
  );
  await eventually('no endpoint of it is used', async () => {
    const script =
      'i=0; while [ $i -lt 40 ]; do curl -s -m 1 http://web/hostname.html || echo -; i=$((i+1)); done';
    return !(await box.inside(['sh', '-c', script], { name, node: `${name}-1` })).stdout.includes('-\n-');
  });
  const started = await box.tsukube(['node', 'start', victim, '--name', name]);
  assert.equal(started.code, 0, started.stderr);
  await eventually('the node is Ready', async () =>
    / Ready /.test(await box.sh(`kubectl get node ${victim}`)),
  );
  const back = await box.try('kubectl rollout status deployment/web --timeout=50s');
  assert.equal(
    back.code,
    0,
    (await box.try('kubectl get pods,nodes -o wide; kubectl describe pods; kubectl get events')).stdout,
  );
  await eventually('its Pods answer', async () => {
    const mine = (await places()).filter(each => each.node === victim);
    if (mine.length === 0) return false;
    return (
      await box.inside(['curl', '-s', '-m', '2', `http://${mine[0]!.ip}/`], { name, node: `${name}-1` })
    ).stdout.includes('Hello');
  });
});
