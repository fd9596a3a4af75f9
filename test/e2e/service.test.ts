// The truths about the Service, each through real packets.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { chiSquare, eventually, Sandbox } from './harness.ts';

const box = new Sandbox();
const name = 'e2e-service';
const nodePort = 30080;
let hostPort = 0;

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const deployment = (replicas: number, version = 'v1'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: tsukube.local/myapp:${version}
        ports: [{containerPort: 80}]
        readinessProbe:
          httpGet: {path: /healthz, port: 80}
          periodSeconds: 1
          failureThreshold: 1
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: ${nodePort}}]
`;

before(async () => {
  hostPort = await freePort();
  const outcome = await box.tsukube(['up', '--name', name, '--publish', `${hostPort}:${nodePort}`]);
  assert.equal(outcome.code, 0, outcome.stderr);
  await box.sh('kubectl apply -f -', { input: deployment(10) });
  await box.sh('kubectl rollout status deployment/web --timeout=60s');
});
after(() => box[Symbol.asyncDispose]());

/** The Pod names that answered `count` requests, each on a connection of its own; `-` for one that failed. */
async function ask(count: number, url = 'http://web/hostname.html', seconds = 2): Promise<string[]> {
  const script = `i=0; while [ $i -lt ${count} ]; do curl -s -m ${seconds} ${url} || echo -; i=$((i+1)); done`;
  const outcome = await box.inside(['sh', '-c', script], { name, timeoutMs: 120_000 });
  return outcome.stdout.trim().split('\n');
}

const counted = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const each of names) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
};

/** Pods of the Deployment that stay: those on their way out are Running, too, until they have ended. */
const pods = async (): Promise<string[]> =>
  JSON.parse(await box.sh('kubectl get pod -l app=web -o json'))
    .items.filter((pod: { metadata: { deletionTimestamp?: string } }) => !pod.metadata.deletionTimestamp)
    .map((pod: { metadata: { name: string } }) => pod.metadata.name);

test('all ten replicas answer through the virtual IP, evenly', async () => {
  const counts = counted(await ask(1000));
  assert.deepEqual([...counts.keys()].sort(), (await pods()).sort());
  // 9 degrees of freedom: an even balance exceeds 33.7 once in ten thousand runs.
  const statistic = chiSquare([...counts.values()]);
  assert.ok(statistic < 33.7, `chi-square ${statistic}: ${JSON.stringify([...counts])}`);
});

test('a Pod whose probe fails gets no new connection within a second, and gets them again when it recovers', async () => {
  const [pod] = await pods();
  await box.sh(`kubectl exec ${pod} -- unready`);
  // The probe's own period (1 s) passes first; then a second for the news to reach the rules.
  await new Promise(next => setTimeout(next, 2000));
  assert.ok(!(await ask(200)).includes(pod!), 'an unready Pod answered');
  await box.sh(`kubectl exec ${pod} -- ready`);
  await eventually('the recovered Pod answers', async () => (await ask(60)).includes(pod!));
});

test('a Pod that does not match the selector gets none, nor one that stops matching; a deleted Pod is replaced', async () => {
  await box.sh('kubectl run stranger --image=tsukube.local/myapp:v1 --labels=app=other');
  await box.sh('kubectl wait --for=condition=Ready pod/stranger --timeout=30s');
  const [first, second] = await pods();
  await box.sh(`kubectl label pod ${first} app=lost --overwrite`);
  await box.sh(`kubectl delete pod ${second} --wait=true`);
  await box.sh('kubectl rollout status deployment/web --timeout=60s');
  await eventually('ten new answers', async () => {
    const names = new Set(await ask(150));
    return (
      names.size === 10 &&
      !names.has('-') &&
      !names.has(first!) &&
      !names.has(second!) &&
      !names.has('stranger')
    );
  });
  await box.sh(`kubectl delete pod stranger ${first} --now`);
});

test('during a rolling update and its undo, a client that asks in a loop sees no failed request', async () => {
  const client = spawn(
    process.execPath,
    [
      new URL('../../bin/tsukube.mjs', import.meta.url).pathname,
      'shell',
      '--name',
      name,
      '--',
      'sh',
      '-c',
      'i=0; while [ ! -e /run/stop ] && [ $i -lt 20000 ]; do curl -s -m 5 http://web/ || echo "FAILED $?"; i=$((i+1)); done',
    ],
    { env: box.env },
  );
  let answers = '';
  client.stdout.on('data', chunk => {
    answers += chunk;
  });
  const ended = new Promise(resolve => client.on('close', resolve));
  try {
    await box.sh('kubectl set image deployment/web web=tsukube.local/myapp:v2');
    await box.sh('kubectl rollout status deployment/web --timeout=120s', { timeoutMs: 130_000 });
    await eventually('version 2 answers', async () => answers.includes('Version: v2'));
    await box.sh('kubectl rollout undo deployment/web');
    await box.sh('kubectl rollout status deployment/web --timeout=120s', { timeoutMs: 130_000 });
  } finally {
    await box.inside(['touch', '/run/stop'], { name });
    await ended;
  }
  const lines = answers.trim().split('\n');
  assert.deepEqual(
    lines.filter(line => !line.startsWith('Hello MyApp')),
    [],
  );
  assert.ok(lines.length > 100, `only ${lines.length} requests were made`);
});

test('a Service with no ready endpoint refuses at once, from the node and from a Pod', async () => {
  await box.sh('kubectl create svc clusterip empty --tcp=80:80');
  const began = performance.now();
  const fromNode = await box.inside(['curl', '-s', '-m', '5', 'http://empty/'], { name });
  assert.equal(fromNode.code, 7, 'curl: could not connect');
  assert.ok(performance.now() - began < 2000);
  const [pod] = await pods();
  const fromPod = await box.try(`kubectl exec ${pod} -- timeout 5 wget -O - http://empty/`);
  assert.match(fromPod.stderr, /Connection refused/);
});

test('NodePort answers on the node address and through --publish', async () => {
  const address = (
    await box.sh(
      `kubectl get node -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'`,
    )
  ).trim();
  const [pod] = await pods();
  const fromPod = await box.sh(
    `kubectl exec ${pod} -- timeout 5 wget -q -O - http://${address}:${nodePort}/`,
  );
  assert.match(fromPod, /Hello MyApp/);
  const answers = await ask(5, `http://${address}:${nodePort}/hostname.html`);
  assert.ok(!answers.includes('-'), answers.join());
  const known = await pods();
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`http://127.0.0.1:${hostPort}/hostname.html`, {
      headers: { connection: 'close' },
    });
    assert.ok(known.includes((await response.text()).trim()));
  }
});

test('a Pod reaches itself through its own Service', async () => {
  await box.sh('kubectl scale deployment web --replicas=1');
  await eventually('one endpoint', async () => (await pods()).length === 1);
  const [pod] = await pods();
  await eventually('it answers itself', async () => {
    const answer = await box.sh(`kubectl exec ${pod} -- timeout 5 wget -q -O - http://web/hostname.html`);
    return answer.trim() === pod;
  });
});
