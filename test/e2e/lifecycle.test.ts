// Clusters come and go: what `up` and `down` promise, and what they say to bad input.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { command, eventually, run, Sandbox } from './harness.ts';

const box = new Sandbox();
after(() => box[Symbol.asyncDispose]());

/** What a cluster could leave on the machine. Other tests may have clusters at this moment: names tell ours apart. */
async function traces(name: string): Promise<Record<string, string[]>> {
  const lines = async (line: string): Promise<string[]> =>
    (await run('sh', ['-c', line])).stdout.split('\n').filter(Boolean).sort();
  const ours = (all: string[]): string[] =>
    all.filter(line => line.includes(name) || line.includes(box.folder));
  return {
    processes: ours(await lines('ps -eo stat,args | grep -v ^Z')).filter(
      line => !line.includes('lifecycle.test'),
    ),
    mounts: ours(await lines('cat /proc/self/mounts')),
    links: await lines('ip -o link | cut -d: -f2'),
    routes: await lines('ip route show table all'),
    rules: await lines('nft list ruleset; iptables-save 2>/dev/null | grep -v "^[#:]"'),
    namespaces: await lines('ls /run/netns 2>/dev/null'),
    cgroups: ours(await lines('find /sys/fs/cgroup -type d -path "*tsukube*"')),
    files: await lines('ls -a /var/lib/containerd /run/containerd /var/lib/cni /etc/cni 2>/dev/null'),
  };
}

test('up, again, stop, again with its state, and down: nothing is left behind', async () => {
  const before = await traces('life');
  const first = await box.tsukube(['up', '--name', 'life']);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /The cluster "life" is up after [\d.]+ s: its node is Ready/);
  assert.match(await box.sh('kubectl config current-context'), /^tsukube-life$/m);

  const second = await box.tsukube(['up', '--name', 'life']);
  assert.equal(second.code, 0);
  assert.match(second.stderr, /is running already/);

  await box.sh('kubectl create configmap kept --from-literal=a=1');
  await box.sh('kubectl create deployment kept --image=tsukube.local/myapp:v1');
  await box.sh('kubectl rollout status deployment/kept --timeout=30s');
  const stopped = await box.tsukube(['down', '--name', 'life', '--keep-data']);
  assert.match(stopped.stderr, /is stopped; its state is kept/);
  assert.match((await box.tsukube(['ls'])).stdout, /^life\s+stopped/m);
  assert.deepEqual(await traces('life'), before);

  const third = await box.tsukube(['up', '--name', 'life']);
  assert.equal(third.code, 0, third.stderr);
  assert.equal(await box.sh("kubectl get configmap kept -o jsonpath='{.data.a}'"), '1');
  await box.sh('kubectl rollout status deployment/kept --timeout=60s');
  await eventually('the Pod runs again', async () =>
    /1\/1\s+Running/.test(await box.sh('kubectl get pod -l app=kept')),
  );

  const ended = await box.tsukube(['down', '--name', 'life']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(await traces('life'), before);
  assert.ok(!existsSync(join(box.env.XDG_STATE_HOME!, 'tsukube', 'life')));
  assert.ok(!readFileSync(box.env.KUBECONFIG!, 'utf8').includes('tsukube-life'));
  assert.match((await box.tsukube(['down', '--name', 'life'])).stderr, /does not exist/);
});

test('clusters run side by side', async () => {
  const started = await Promise.all(['left', 'right'].map(name => box.tsukube(['up', '--name', name])));
  for (const outcome of started) assert.equal(outcome.code, 0, outcome.stderr);
  const listed = (await box.tsukube(['ls'])).stdout;
  assert.match(listed, /^left\s+running/m);
  assert.match(listed, /^right\s+running/m);
  await box.sh('kubectl --context tsukube-left create namespace only-left');
  assert.equal((await box.try('kubectl --context tsukube-right get namespace only-left')).code, 1);
  for (const name of ['left', 'right']) assert.equal((await box.tsukube(['down', '--name', name])).code, 0);
});

test('Ctrl-C in the middle leaves nothing behind', async () => {
  const before = await traces('halfway');
  for (const delay of [150, 400, 800]) {
    const child = spawn(process.execPath, [command, 'up', '--name', 'halfway'], {
      env: box.env,
      stdio: 'ignore',
    });
    const code = new Promise(resolve => child.on('close', resolve));
    await new Promise(next => setTimeout(next, delay));
    child.kill('SIGINT');
    assert.notEqual(await code, 0);
    assert.deepEqual(await traces('halfway'), before, `interrupted after ${delay} ms`);
    assert.ok(!existsSync(join(box.env.XDG_STATE_HOME!, 'tsukube', 'halfway')));
  }
});

test('two ups of one cluster at the same moment: one does it, the other says so', async () => {
  const outcomes = await Promise.all([
    box.tsukube(['up', '--name', 'race']),
    box.tsukube(['up', '--name', 'race']),
  ]);
  const won = outcomes.filter(outcome => outcome.code === 0);
  assert.ok(won.length >= 1, JSON.stringify(outcomes));
  for (const outcome of outcomes)
    if (outcome.code !== 0) assert.match(outcome.stderr, /another tsukube command is changing/);
  assert.equal((await box.tsukube(['down', '--name', 'race'])).code, 0);
});

test('bad input: one clear line, exit code not 0, nothing half made', async () => {
  const taken = createServer();
  await new Promise<void>(done => taken.listen(0, '127.0.0.1', () => done()));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const cases: [string[], RegExp][] = [
    [['up', '--name', 'bad', '--frobnicate'], /unknown option '--frobnicate'/],
    [['up', '--name', 'bad', '--api-port', String(port)], new RegExp(`port ${port} on 127.0.0.1 is in use`)],
    [
      ['up', '--name', 'bad', '--publish', `${port}:30000`],
      new RegExp(`port ${port} on 127.0.0.1 is in use`),
    ],
    [['up', '--name', 'Not_a_label'], /is no cluster name/],
    [['up', '--name', 'bad', '--nodes', '0'], /--nodes takes a whole number from 1/],
    [['up', '--name', 'bad', '--nodes', 'many'], /must be a whole number/],
    [['up', '--name', 'bad', '--publish', '80'], /takes HOSTPORT:NODEPORT/],
    [['up', '--name', 'bad', '--proxy-mode', 'magic'], /is no proxy mode/],
    [['up', '--name', 'bad', '--config', '/nowhere.yaml'], /cannot read \/nowhere.yaml/],
    [['status', '--name', 'bad'], /there is no cluster "bad"/],
    [['shell', '--name', 'bad'], /there is no cluster "bad"/],
    [['node', 'stop', 'x', '--name', 'bad'], /there is no cluster "bad"/],
    [['image', 'load', '/nowhere.tar'], /there is no file/],
    [['completion', 'tcsh'], /is no shell/],
    [['dance'], /unknown command 'dance'/],
  ];
  try {
    for (const [args, message] of cases) {
      const outcome = await box.tsukube(args);
      assert.notEqual(outcome.code, 0, args.join(' '));
      assert.match(outcome.stderr, message);
      const said = outcome.stderr
        .split('\n')
        .filter(line => line && !line.startsWith('- ') && !line.startsWith('('));
      assert.equal(said.length, 1, outcome.stderr);
    }
  } finally {
    taken.close();
  }
  assert.ok(!readdirSync(join(box.env.XDG_STATE_HOME!, 'tsukube')).includes('bad'));
});

test('a damaged or newer state folder is refused with a line, and can be removed', async () => {
  const folder = join(box.env.XDG_STATE_HOME!, 'tsukube', 'worn');
  mkdirSync(folder, { recursive: true });
  for (const [text, message] of [
    ['{"format": 1, "na', /is damaged/],
    ['{"format": 99, "name": "worn", "nodes": []}', /written by a newer tsukube/],
  ] as const) {
    writeFileSync(join(folder, 'cluster.json'), text);
    const outcome = await box.tsukube(['up', '--name', 'worn']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, message);
    assert.equal(readFileSync(join(folder, 'cluster.json'), 'utf8'), text);
  }
  assert.match((await box.tsukube(['ls'])).stdout, /^worn\s+damaged/m);
  assert.equal((await box.tsukube(['down', '--name', 'worn'])).code, 0);
  assert.ok(!existsSync(folder));
});

test('a damaged store is refused with a line, and nothing of it is lost', async () => {
  assert.equal((await box.tsukube(['up', '--name', 'rotten'])).code, 0);
  assert.equal((await box.tsukube(['down', '--name', 'rotten', '--keep-data'])).code, 0);
  const store = join(box.env.XDG_STATE_HOME!, 'tsukube', 'rotten', 'store');
  const file = join(store, readdirSync(store).find(name => statSync(join(store, name)).size > 4096)!);
  const whole = readFileSync(file);
  writeFileSync(file, Buffer.concat([Buffer.from('this is no database'), whole.subarray(19)]));
  const outcome = await box.tsukube(['up', '--name', 'rotten']);
  assert.equal(outcome.code, 1);
  assert.equal(
    outcome.stderr.split('\n').filter(line => line && !line.startsWith('- ')).length,
    1,
    outcome.stderr,
  );
  assert.match(outcome.stderr, /store/);
  writeFileSync(file, whole);
  assert.equal((await box.tsukube(['up', '--name', 'rotten'])).code, 0);
  assert.equal((await box.tsukube(['down', '--name', 'rotten'])).code, 0);
});

test('no disk space: one line, and nothing half made', async t => {
  const folder = join(box.folder, 'small');
  mkdirSync(folder);
  assert.equal((await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder])).code, 0);
  t.after(() => run('umount', [folder]));
  const outcome = await box.tsukube(['up', '--name', 'cramped'], {
    env: { ...box.env, XDG_STATE_HOME: folder },
  });
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /^tsukube: only \d+ MB are free where the state lies/m);
  assert.deepEqual(readdirSync(folder), []);
});

test('completion and version', async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    assert.match((await box.tsukube(['completion', shell])).stdout, /tsukube/);
  const script = `${(await box.tsukube(['completion', 'bash'])).stdout}
COMP_WORDS=(tsukube node s); COMP_CWORD=2; _tsukube; echo "\${COMPREPLY[@]}"`;
  assert.equal(await box.sh(script), 'stop start\n');
  assert.match(
    (await box.tsukube(['version'])).stdout,
    /^tsukube \d+\.\d+\.\d+\nKubernetes API v1\.36\.\d+\n/,
  );
});
