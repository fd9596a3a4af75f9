// The real kubectl against the server over TLS on loopback.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { selfSigned } from '../client/self-signed.node.ts';
import { silentLogger } from '../machinery/logger.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';
import { type HttpServer, startHttpServer } from './http.node.ts';
import type { ApiServer } from './server.ts';
import { startTestServer } from './testing.ts';

interface Run {
  code: number;
  out: string;
}

let folder: string;
let server: ApiServer;
let http: HttpServer;

/** Splits as a shell does with single quotes. */
const words = (command: string): string[] =>
  command.match(/(?:[^\s']+|'[^']*')+/g)!.map(word => word.replaceAll("'", ''));

function kubectl(command: string, input?: string, more: Record<string, string> = {}): Promise<Run> {
  return new Promise(resolve => {
    const args = words(command);
    const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder, ...more };
    const child = execFile('kubectl', args, { env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: `${stdout}${stderr}` }),
    );
    child.stdin?.end(input ?? '');
  });
}

async function ok(command: string, input?: string, more?: Record<string, string>): Promise<string> {
  const { code, out } = await kubectl(command, input, more);
  assert.equal(code, 0, `kubectl ${command}: ${out}`);
  return out;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const { cert, key } = await selfSigned();
  server = await startTestServer({ clock: realClock, random: realRandom });
  http = await startHttpServer({
    server,
    certificate: cert,
    key,
    clientCa: cert,
    listen: [{ host: '127.0.0.1', port: 0 }],
    logger: silentLogger,
  });
  const cluster = {
    server: `https://127.0.0.1:${http.ports[0]}`,
    'certificate-authority-data': Buffer.from(cert).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'x' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(join(folder, 'config'), JSON.stringify(config));
});

after(async () => {
  await http?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const manifest = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: w, image: '${image}', ports: [{containerPort: 80}]}]
`;

test('create sends protobuf, get prints tables', async () => {
  assert.match(await ok('create configmap a --from-literal=x=1'), /configmap\/a created/);
  assert.match(await ok('get configmap'), /NAME +DATA +AGE\na +1 +\d+s/);
  assert.equal(await ok(`get cm a -o jsonpath='{.data.x}'`), '1');
  await ok('create deployment made --image=example.test/m:1 --replicas=0 --port=80');
  assert.equal(
    await ok(`get deploy made -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0].ports}'`),
    '0 [{"containerPort":80,"protocol":"TCP"}]',
  );
  await ok('create svc clusterip made --tcp=80:8080');
  assert.equal(
    await ok(`get svc made -o jsonpath='{.spec.ports[0].port} {.spec.ports[0].targetPort}'`),
    '80 8080',
  );
  await ok('create secret generic s --from-literal=k=ü');
  assert.equal(await ok(`get secret s -o jsonpath='{.data.k}'`), Buffer.from('ü').toString('base64'));
  await ok(`create cronjob c --image=i --schedule='*/5 * * * *' -- echo hi`);
  assert.match(await ok('delete cronjob --all'), /cronjob.batch "c" deleted/);
  assert.match(await ok('api-resources'), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
  const again = await kubectl('create configmap a');
  assert.deepEqual(again.code, 1);
  assert.match(again.out, /failed to create configmap: configmaps "a" already exists/);
});

test('apply, diff, edit, explain, server-side apply', async () => {
  assert.match(await ok('apply -f -', manifest('example.test/w:1')), /deployment.apps\/web created/);
  assert.match(await ok('apply -f -', manifest('example.test/w:1')), /deployment.apps\/web unchanged/);
  const diff = await kubectl('diff -f -', manifest('example.test/w:2'));
  assert.equal(diff.code, 1);
  assert.match(diff.out, /^\+ +- image: example.test\/w:2$/m);
  assert.match(await ok('apply -f -', manifest('example.test/w:2')), /deployment.apps\/web configured/);
  assert.match(
    await ok('apply --server-side --force-conflicts -f -', manifest('example.test/w:3')),
    /serverside-applied/,
  );
  await ok('edit deployment web', '', { EDITOR: 'sed -i s/w:3/w:4/' });
  assert.equal(
    await ok(`get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'`),
    'example.test/w:4',
  );
  assert.match(await ok('explain deployment.spec.replicas'), /FIELD: replicas <integer>/);
  const wrong = await kubectl('apply -f -', manifest('x').replace('replicas: 2', 'replicsa: 2'));
  assert.match(wrong.out, /strict decoding error: unknown field "spec.replicsa"/);
});

test('label, annotate, patch in three types, scale, set image, delete', async () => {
  await ok('create configmap p --from-literal=x=1');
  await ok('label cm p tier=back');
  await ok('annotate cm p note=here');
  await ok(`patch cm p --type merge -p '{"data":{"y":"2"}}'`);
  await ok(`patch cm p --type json -p '[{"op":"remove","path":"/data/x"}]'`);
  assert.equal(
    await ok(`get cm p -o jsonpath='{.data} {.metadata.labels.tier} {.metadata.annotations.note}'`),
    '{"y":"2"} back here',
  );
  await ok('apply -f -', manifest('example.test/w:1').replaceAll('web', 'patched'));
  await ok(
    `patch deploy patched -p '{"spec":{"template":{"spec":{"containers":[{"name":"w","image":"i:2"}]}}}}'`,
  );
  await ok('scale deploy patched --replicas=7');
  await ok('set image deploy/patched w=i:3');
  assert.equal(
    await ok(`get deploy patched -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[*].image}'`),
    '7 i:3',
  );
  assert.equal(await ok('get cm -l tier=back -o name'), 'configmap/p\n');
  assert.match(await ok('delete cm p'), /configmap "p" deleted/);
  assert.match((await kubectl('get cm p')).out, /Error from server \(NotFound\): configmaps "p" not found/);
});

test('a watch prints what happens', async () => {
  await ok('create configmap w');
  const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder };
  const child = spawn('kubectl', words('get cm w -w --no-headers'), { env });
  try {
    const rows: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      rows.push(line.split(/ +/).slice(0, 2).join(' '));
      if (rows.length === 1) await ok(`patch cm w --type merge -p '{"data":{"y":"2"}}'`);
      if (rows.length === 2) await ok('delete cm w');
      if (rows.length === 3) break;
    }
    assert.deepEqual(rows, ['w 0', 'w 1', 'w 1']);
  } finally {
    child.kill();
  }
});
