// kill -9 of the cluster's processes, and `up` again: containers and connections live on, nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually, Sandbox } from './harness.ts';

const box = new Sandbox();
after(() => box[Symbol.asyncDispose]());

const pidOf = (name: string, ...path: string[]): number =>
  JSON.parse(readFileSync(join(box.env.XDG_STATE_HOME!, 'tsukube', name, 'run', ...path), 'utf8')).pid;

const containerIds = async (): Promise<string> =>
  box.sh(
    `kubectl get pods -l app=web --sort-by=.metadata.name -o jsonpath='{range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}'`,
  );

async function deploy(): Promise<void> {
  await box.sh('kubectl create deployment web --image=tsukube.local/myapp:v1 --replicas=4');
  await box.sh('kubectl create svc clusterip web --tcp=80:80');
  await box.sh('kubectl rollout status deployment/web --timeout=60s');
}

/** A connection through the virtual IP that stays open: netcat to a Pod that answers each line, once a second. */
function longConnection(name: string, node: string) {
  const script = `(while :; do echo tick; sleep 0.5; done) | busybox nc echo.default.svc.cluster.local 7`;
  const child = spawn(
    process.execPath,
    [
      new URL('../../bin/tsukube.mjs', import.meta.url).pathname,
      'shell',
      '--name',
      name,
      node,
      '--',
      'sh',
      '-c',
      script,
    ],
    {
      env: box.env,
      detached: true,
    },
  );
  let ticks = 0;
  let ended = false;
  child.stdout.on('data', chunk => {
    ticks += String(chunk).split('tick').length - 1;
  });
  child.on('close', () => {
    ended = true;
  });
  return {
    get ticks() {
      return ticks;
    },
    get ended() {
      return ended;
    },
    stop: () => {
      // By then the cluster may be gone, and the connection's process with it.
      if (!ended) process.kill(-child.pid!, 'SIGKILL');
    },
  };
}

const echo = `
apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  containers:
  - name: echo
    image: tsukube.local/myapp:v1
    command: ["nc", "-ll", "-p", "7", "-e", "cat"]
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{port: 7}]}
`;

for (const { nodes, victims, title } of [
  { nodes: 1, victims: [['server.json']], title: 'server and agent in one process' },
  { nodes: 2, victims: [['server.json']], title: 'the server process' },
  { nodes: 2, victims: [['crash-2-1', 'agent.json']], title: 'an agent process' },
  {
    nodes: 2,
    victims: [['server.json'], ['crash-2-1', 'agent.json'], ['crash-2-2', 'agent.json']],
    title: 'all of them',
  },
]) {
  test(`kill -9 of ${title}`, async t => {
    const name = `crash-${nodes}`;
    const up = await box.tsukube(['up', '--name', name, '--nodes', String(nodes)]);
    assert.equal(up.code, 0, up.stderr);
    t.after(() => box.tsukube(['down', '--name', name]));
    await deploy();
    await box.sh('kubectl apply -f -', { input: echo });
    await box.sh('kubectl wait --for=condition=Ready pod/echo --timeout=60s');
    const node = `${name}-1`;
    const connection = longConnection(name, node);
    t.after(() => connection.stop());
    await eventually('the long connection carries', async () => connection.ticks > 2);
    const before = await containerIds();

    // Writes one after another until the server is gone: each acknowledged one must be there afterwards.
    const writer = box.try(
      'i=0; while kubectl create configmap c$i --from-literal=i=$i >/dev/null 2>&1; do echo c$i; i=$((i+1)); [ $i -lt 200 ] || break; done',
      {
        timeoutMs: 120_000,
      },
    );
    await new Promise(next => setTimeout(next, 1500));
    for (const victim of victims) process.kill(pidOf(name, ...victim), 'SIGKILL');
    const killedServer = victims.some(victim => victim[0] === 'server.json');

    // The data plane needs none of them.
    const ticks = connection.ticks;
    const ip = killedServer
      ? ''
      : (await box.sh("kubectl get svc web -o jsonpath='{.spec.clusterIP}'")).trim();
    await eventually('the connection lives on', async () => connection.ticks > ticks + 2);
    if (ip)
      assert.match(
        (await box.inside(['curl', '-s', '-m', '3', `http://${ip}/`], { name })).stdout,
        /Hello MyApp/,
      );

    const again = await box.tsukube(['up', '--name', name]);
    assert.equal(again.code, 0, again.stderr);
    const acknowledged = (await writer).stdout.trim().split('\n').filter(Boolean);
    const stored = await box.sh('kubectl get configmap -o name');
    for (const each of acknowledged)
      assert.ok(stored.includes(`configmap/${each}\n`), `${each} was acknowledged and is lost`);
    assert.ok(!killedServer || acknowledged.length > 0);
    assert.equal(await containerIds(), before, 'no container was restarted');
    const after = connection.ticks;
    await eventually('the connection still carries', async () => connection.ticks > after + 2);
    assert.ok(!connection.ended);
    await box.sh('kubectl scale deployment web --replicas=6');
    await box.sh('kubectl rollout status deployment/web --timeout=60s');
    assert.match(
      (await box.inside(['curl', '-s', '-m', '3', 'http://web/'], { name })).stdout,
      /Hello MyApp/,
    );
  });
}

test('a watch resumes over a crash of the server', async t => {
  const name = 'crash-1';
  assert.equal((await box.tsukube(['up', '--name', name])).code, 0);
  t.after(() => box.tsukube(['down', '--name', name]));
  await box.sh('kubectl create configmap first');
  const version = (
    await box.sh("kubectl get configmap first -o jsonpath='{.metadata.resourceVersion}'")
  ).trim();
  await box.sh('kubectl create configmap second');
  process.kill(pidOf(name, 'server.json'), 'SIGKILL');
  assert.equal((await box.tsukube(['up', '--name', name])).code, 0);
  await box.sh('kubectl create configmap third');
  const events = await box.sh(
    `kubectl get --raw '/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=2&resourceVersion=${version}'`,
  );
  const names = events
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(event => event.type === 'ADDED')
    .map(event => event.object.metadata.name);
  assert.deepEqual(names, ['second', 'third']);
});
