// What the real kubectl makes of discovery, OpenAPI and Tables, from a server on loopback that answers nothing else.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createRegistry } from './builtins.ts';
import { aggregatedDiscovery, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { createOpenApi } from './openapi/documents.ts';
import { tableText } from './printing/table.ts';

const version = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
const skip = version.status === 0 ? false : 'there is no kubectl on the PATH';

const registry = createRegistry();
const openApi = createOpenApi('v1.36.0');
const now = Date.parse('2026-01-02T00:00:00Z');

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'default', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { nodeName: 'node-a', containers: [{ name: 'web', image: 'web:1' }] },
  status: {
    phase: 'Running',
    podIPs: [{ ip: '10.1.0.7' }],
    containerStatuses: [
      {
        name: 'web',
        ready: false,
        restartCount: 3,
        image: 'web:1',
        imageID: '',
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T23:59:00Z' } },
      },
    ],
  },
};

function answer(path: string, accept: string): unknown {
  const aggregated = accept.includes('g=apidiscovery.k8s.io;v=v2;');
  if (path === '/api') return aggregated ? aggregatedDiscovery(registry, 'core') : apiVersions('127.0.0.1');
  if (path === '/apis') return aggregated ? aggregatedDiscovery(registry, 'groups') : apiGroupList(registry);
  if (path === '/openapi/v3') return openApi.v3Index();
  if (path.startsWith('/openapi/v3/')) return openApi.v3(path.slice('/openapi/v3/'.length))?.text;
  if (path === '/openapi/v2') return openApi.v2().text;
  if (path === '/api/v1/namespaces/default/pods')
    return JSON.parse(
      tableText(
        registry.find('', 'v1', 'pods')!,
        [{ object: pod, derive: (_, make) => make() }],
        { resourceVersion: '5' },
        { version: 'v1', include: 'Metadata', now, headers: true },
      ),
    );
  const [, , group = '', served = 'v1'] = path.startsWith('/api/') ? ['', '', '', 'v1'] : path.split('/');
  return apiResourceList(registry, group, served);
}

const server = createServer((request, response) => {
  const accept = request.headers.accept ?? '';
  const path = (request.url ?? '').split('?')[0]!;
  const body = answer(path, accept);
  const group = accept.includes('g=apidiscovery.k8s.io;v=v2;') && /^\/apis?$/.test(path);
  response.statusCode = body === undefined ? 404 : 200;
  response.setHeader(
    'content-type',
    group ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' : 'application/json',
  );
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
});
const cache = mkdtempSync(join(tmpdir(), 'kubectl-cache-'));
const run = promisify(execFile);
async function kubectl(...args: string[]): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const connection = [
    '--server',
    `http://127.0.0.1:${port}`,
    '--cache-dir',
    cache,
    '--kubeconfig',
    '/dev/null',
  ];
  const { stdout } = await run('kubectl', [...connection, ...args], { timeout: 60_000 });
  return stdout;
}

before(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(cache, { recursive: true, force: true });
});

test('kubectl api-resources lists names, short names and kinds', { skip }, async () => {
  const text = await kubectl('api-resources', '--no-headers');
  const rows = text
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/));
  const find = (name: string, group: string) => rows.find(row => row[0] === name && row.at(-3) === group);
  assert.deepEqual(find('pods', 'v1'), ['pods', 'po', 'v1', 'true', 'Pod']);
  assert.deepEqual(find('deployments', 'apps/v1'), [
    'deployments',
    'deploy',
    'apps/v1',
    'true',
    'Deployment',
  ]);
  assert.deepEqual(find('horizontalpodautoscalers', 'autoscaling/v2')?.at(-1), 'HorizontalPodAutoscaler');
  assert.ok(
    (await kubectl('api-resources', '--categories=all', '-o', 'name')).split('\n').includes('services'),
  );
});

test('kubectl explain describes fields, and refuses unknown ones', { skip }, async () => {
  const text = await kubectl('explain', 'deploy.spec.template.spec.containers.ports');
  assert.match(text, /FIELD: ports <\[\]ContainerPort>/);
  assert.match(text, /containerPort\s+<integer> -required-/);
  assert.match(await kubectl('explain', 'svc'), /KIND:\s+Service\s+VERSION:\s+v1/);
  await assert.rejects(kubectl('explain', 'pod.spec.nothing'), /field "nothing" does not exist/);
});

test('kubectl get prints the Table', { skip }, async () => {
  const lines = (await kubectl('get', 'pods', '-o', 'wide')).trim().split('\n');
  assert.equal(
    lines[0]!.replace(/ {2,}/g, '|'),
    'NAME|READY|STATUS|RESTARTS|AGE|IP|NODE|NOMINATED NODE|READINESS GATES',
  );
  assert.equal(
    lines[1]!.replace(/ {2,}/g, '|'),
    'web-0|0/1|CrashLoopBackOff|3 (60s ago)|24h|10.1.0.7|node-a|<none>|<none>',
  );
});
