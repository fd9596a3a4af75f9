// The real kubectl drives roll-outs against the API server with its real policy and all controllers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRegistry } from '../../../src/api/builtins.ts';
import { nodes } from '../../../src/api/generated/resources/core.v1.ts';
import { type HttpServer, startHttpServer } from '../../../src/apiserver/http.node.ts';
import { generateKey } from '../../../src/apiserver/pki/keys.ts';
import { createStages } from '../../../src/apiserver/stages.ts';
import { adminUser } from '../../../src/apiserver/stages-testing.ts';
import { startTestServer } from '../../../src/apiserver/testing.ts';
import { createInformers } from '../../../src/client/informers.ts';
import { selfSigned } from '../../../src/client/self-signed.node.ts';
import { startControllers } from '../../../src/controllers/all.ts';
import { silentLogger } from '../../../src/machinery/logger.ts';
import { noMetrics } from '../../../src/machinery/metrics.ts';
import { realClock } from '../../../src/platform/clock.ts';
import { realRandom } from '../../../src/platform/random.ts';
import { type Kubelet, placement, startKubelet } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'controllers-'));
const stack = new AsyncDisposableStack();
const problems: string[] = [];

async function kubectl(command: string): Promise<string> {
  const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder };
  return new Promise((resolve, reject) => {
    execFile('kubectl', command.split(' '), { env, timeout: 60_000 }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`kubectl ${command}: ${stdout}${stderr}`, { cause: error }))
        : resolve(`${stdout}${stderr}`),
    );
  });
}

before(async () => {
  const registry = createRegistry();
  const { cert, key } = await selfSigned();
  const policy = createStages({
    serviceAccountKey: (await generateKey()).pem,
    apiServer: { address: '192.0.2.1', port: 6443 },
    staticTokens: { admin: adminUser },
  });
  const server = stack.use(
    await startTestServer({
      clock: realClock,
      random: realRandom,
      registry,
      stages: context => {
        const stages = policy(context);
        return { ...stages, admission: [...stages.admission, placement] };
      },
    }),
  );
  const http: HttpServer = stack.use(
    await startHttpServer({
      server,
      certificate: cert,
      key,
      clientCa: cert,
      listen: [{ host: '127.0.0.1', port: 0 }],
      logger: silentLogger,
    }),
  );
  const client = server.client(adminUser);
  const logger = {
    ...silentLogger,
    error: (message: string, fields?: Record<string, unknown>) =>
      void problems.push(`${message} ${String(fields?.error)}`),
    child: () => logger,
  };
  const informers = stack.use(createInformers(client, { clock: realClock }));
  const context = { client, informers, clock: realClock, random: realRandom, logger, metrics: noMetrics };
  await client.create(nodes, { metadata: { name: 'node-1' } });
  stack.use(await startControllers(context, { resources: () => registry.all(), rootCa: cert }));
  const stop = new AbortController();
  const kubelet: Kubelet = {
    client,
    clock: realClock,
    readiness: () => true,
    drives: () => true,
    refresh: async () => {},
  };
  const running = startKubelet(kubelet, stop.signal);
  stack.defer(async () => {
    stop.abort();
    await Promise.allSettled(running);
  });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `https://127.0.0.1:${http.ports[0]}`,
          'certificate-authority-data': Buffer.from(cert).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'admin' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(join(folder, 'config'), JSON.stringify(config));
});

after(async () => {
  await stack.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

const imageOf = () => kubectl('get deployment myapp -o jsonpath={.spec.template.spec.containers[0].image}');

test('create, scale, expose, set image, rollout status, history, undo, pause and resume', async () => {
  await kubectl('wait --for=create serviceaccount/default --timeout=20s');
  await kubectl('create deployment myapp --image=example.test/myapp:v1');
  assert.match(await kubectl('rollout status deployment/myapp'), /successfully rolled out/);
  await kubectl('scale deployment myapp --replicas=10');
  assert.match(await kubectl('rollout status deployment/myapp'), /successfully rolled out/);
  assert.match(await kubectl('get deployment myapp'), /myapp +10\/10 +10 +10 /);

  await kubectl('create svc clusterip myapp --tcp=80:80');
  const count = 'jsonpath={.items[*].endpoints[*].conditions.ready}';
  await kubectl(
    'wait --for=jsonpath={.endpoints[9].conditions.ready}=true endpointslice -l kubernetes.io/service-name=myapp --timeout=20s',
  );
  const ready = await kubectl(`get endpointslices -l kubernetes.io/service-name=myapp -o ${count}`);
  assert.equal(ready, Array(10).fill('true').join(' '));

  await kubectl('set image deployment/myapp myapp=example.test/myapp:v2');
  assert.match(await kubectl('rollout status deployment/myapp'), /successfully rolled out/);
  assert.match(
    await kubectl('rollout history deployment/myapp'),
    /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/,
  );
  assert.match(
    await kubectl('rollout history deployment/myapp --revision=1'),
    /Image:\s+example\.test\/myapp:v1/,
  );
  await kubectl('rollout undo deployment/myapp');
  assert.match(await kubectl('rollout status deployment/myapp'), /successfully rolled out/);
  assert.equal(await imageOf(), 'example.test/myapp:v1');
  assert.match(await kubectl('rollout history deployment/myapp'), /\n2 +<none>\n3 +<none>\n/);

  await kubectl('rollout pause deployment/myapp');
  await kubectl('set image deployment/myapp myapp=example.test/myapp:v3');
  assert.equal((await kubectl('get rs -o name')).trim().split('\n').length, 2);
  await kubectl('rollout resume deployment/myapp');
  assert.match(await kubectl('rollout status deployment/myapp'), /successfully rolled out/);
  assert.equal((await kubectl('get rs -o name')).trim().split('\n').length, 3);

  const described = await kubectl('describe deployment myapp');
  assert.match(described, /Progressing +True +NewReplicaSetAvailable/);
  assert.match(described, /ScalingReplicaSet .* Scaled up replica set myapp-\w+ from 0 to 1/);
});

test('what is made in a namespace goes with it; a Deployment goes in the foreground; cronjobs can be deleted', async () => {
  await kubectl('delete deployment myapp --cascade=foreground --timeout=30s');
  assert.equal(await kubectl('get deploy,rs,pods -o name'), '');
  await kubectl('create namespace shop');
  await kubectl('wait --for=create serviceaccount/default -n shop --timeout=20s');
  await kubectl('create deployment web --image=example.test/web -n shop');
  await kubectl('rollout status deployment/web -n shop');
  await kubectl('create cronjob tick --image=example.test/tick --schedule=@daily -n shop');
  assert.match(await kubectl('delete cronjob --all -n shop'), /"?tick"? deleted/);
  await kubectl('delete namespace shop --timeout=30s');
  assert.match(await kubectl('get namespaces -o name'), /^namespace\/default\n/);
  assert.doesNotMatch(await kubectl('get namespaces -o name'), /shop/);
  assert.deepEqual(problems, []);
});
