import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { configmaps } from '../../api/generated/resources/core.v1.ts';
import { selfSigned } from '../../client/self-signed.node.ts';
import { silentLogger } from '../../machinery/logger.ts';
import { realClock } from '../../platform/clock.ts';
import { createTestClock } from '../../testing/clock.ts';
import type { User } from '../contracts.ts';
import { startHttpServer } from '../http.node.ts';
import { anyone, permissiveStages } from '../permissive.ts';
import { caller, createTestServer, startTestServer } from '../testing.ts';
import { negotiate } from './negotiation.ts';
import { requestInfo } from './request-info.ts';

const info = (method: string, url: string) => {
  const { pathname, searchParams } = new URL(url, 'http://x');
  const { isResource, verb, group, version, namespace, resource, name, subresource } = requestInfo(
    method,
    pathname,
    searchParams,
  );
  return [isResource ? verb : `(${verb})`, group, version, namespace, resource, name, subresource]
    .join(' ')
    .trim();
};

test('paths say what they ask for, as upstream reads them', () => {
  const cases: [string, string, string][] = [
    ['GET', '/api/v1/namespaces', 'list  v1  namespaces'],
    ['GET', '/api/v1/namespaces/a', 'get  v1 a namespaces a'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update  v1 a namespaces a finalize'],
    ['GET', '/api/v1/namespaces/a/pods', 'list  v1 a pods'],
    ['GET', '/api/v1/pods?watch=1', 'watch  v1  pods'],
    ['GET', '/api/v1/pods?watch=false', 'list  v1  pods'],
    ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx', 'list  v1 a pods x'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'watch  v1 a pods'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments', 'create apps v1 a deployments'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps v1 a deployments d scale'],
    ['DELETE', '/api/v1/nodes', 'deletecollection  v1  nodes'],
    ['DELETE', '/api/v1/nodes/n', 'delete  v1  nodes n'],
    ['GET', '/api/v1/namespaces/a/services/s:80/proxy/x/y', 'get  v1 a services s:80 proxy'],
    ['GET', '/apis/apps/v1', '(get)'],
    ['GET', '/healthz', '(get)'],
    ['POST', '/', '(post)'],
  ];
  for (const [method, url, expected] of cases) assert.equal(info(method, url), expected, `${method} ${url}`);
});

test('the first acceptable form is taken', () => {
  const shape = (accept: string): string => {
    const { format, shape, version } = negotiate(accept);
    return `${format} ${shape} ${version}`.trim();
  };
  assert.equal(shape('application/vnd.kubernetes.protobuf,application/json'), 'json object');
  assert.equal(shape('application/json;as=Table;v=v1;g=meta.k8s.io,application/json'), 'json table v1');
  assert.equal(shape('application/json;as=Table;v=v9;g=meta.k8s.io,application/json'), 'json object');
  assert.equal(shape('application/json;q=0.1,application/yaml'), 'yaml object');
  assert.equal(shape('text/html,*/*;q=0.8'), 'json object');
  assert.throws(() => negotiate('text/html'), /only the following media types are accepted/);
});

test('discovery, plain and aggregated, with tags', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const groups = (await call('GET', '/apis')).json as unknown as { groups: { name: string }[] };
  assert.ok(groups.groups.some(({ name }) => name === 'apps'));
  const apps = (await call('GET', '/apis/apps/v1')).json as unknown as { resources: { name: string }[] };
  assert.ok(apps.resources.some(({ name }) => name === 'deployments/scale'));
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const aggregated = await call('GET', '/apis', undefined, { accept });
  assert.equal(
    aggregated.headers.get('content-type'),
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
  const tag = aggregated.headers.get('etag')!;
  const again = await server.fetch(
    new Request('http://server/apis', { headers: { accept, 'if-none-match': tag } }),
  );
  assert.equal(again.status, 304);
  const index = (await call('GET', '/openapi/v3')).json as unknown as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  const url = index.paths['apis/apps/v1']!.serverRelativeURL;
  const section = await call('GET', url);
  assert.equal(section.headers.get('cache-control'), 'public, immutable');
  assert.ok((section.json as unknown as { components: { schemas: object } }).components.schemas);
  const moved = await server.fetch(new Request(`http://server${url.replace(/hash=.*/, 'hash=OLD')}`));
  assert.deepEqual([moved.status, moved.headers.get('location')], [301, url]);
  assert.equal((await call('GET', '/apis/nothing.example')).status, 404);
});

test('health says what is not well until the server has what it starts with', async () => {
  let finish = (): void => {};
  const stages = permissiveStages({
    bootstrap: () =>
      new Promise<void>(resolve => {
        finish = resolve;
      }),
  });
  await using server = await createTestServer({ clock: realClock, stages });
  const call = caller(server);
  assert.deepEqual((await call('GET', '/livez')).text, 'ok');
  const early = await call('GET', '/readyz');
  assert.equal(early.status, 500);
  assert.match(early.text, /^\[-\]poststarthook\/bootstrap failed: reason withheld$/m);
  finish();
  await server.ready;
  assert.match((await call('GET', '/readyz?verbose')).text, /^\[\+\]ping ok\n(.*\n)*readyz check passed\n$/);
  assert.equal((await call('GET', '/livez/ping')).status, 200);
  assert.equal((await call('GET', '/livez/nothing')).status, 404);
  assert.equal((await call('GET', '/version')).json.gitVersion as unknown, 'v1.36.0+tsukube');
});

test('who may impersonate acts as another', async () => {
  const seen: User[] = [];
  await using server = await startTestServer({
    clock: realClock,
    stages: permissiveStages({
      authorizer({ user, verb, resource, name }) {
        if (verb !== 'impersonate') seen.push(user);
        return { allowed: verb !== 'impersonate' || `${resource}/${name}` !== 'users/root', reason: '' };
      },
    }),
  });
  const call = caller(server);
  const path = '/api/v1/namespaces/default/configmaps';
  await call('GET', path, undefined, { 'impersonate-user': 'jane', 'impersonate-group': 'devs' });
  assert.deepEqual(seen.at(-1), { name: 'jane', groups: ['devs', 'system:authenticated'] });
  await call('GET', path, undefined, { 'impersonate-user': 'system:serviceaccount:a:b' });
  assert.deepEqual(seen.at(-1)?.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:a',
    'system:authenticated',
  ]);
  const refused = await call('GET', path, undefined, { 'impersonate-user': 'root' });
  assert.equal(
    refused.json.message,
    'users "root" is forbidden: User "tester" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

test('nobody who can be told apart is Unauthorized', async () => {
  await using server = await startTestServer({
    clock: realClock,
    stages: permissiveStages({ authenticators: [] }),
  });
  const answer = await caller(server)('GET', '/api');
  assert.deepEqual(
    [answer.status, answer.json.message, answer.json.reason],
    [401, 'Unauthorized', 'Unauthorized'],
  );
});

test('a request that takes too long is answered, and so is one too many', async () => {
  const clock = createTestClock();
  const hanging: (() => void)[] = [];
  await using server = await startTestServer({
    clock,
    stages: permissiveStages({
      admission: [{ name: 'Slow', validate: () => new Promise<void>(resolve => hanging.push(resolve)) }],
    }),
  });
  const call = caller(server);
  const create = (i: number) =>
    call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: `a${i}` } });
  const many = Array.from({ length: 200 }, (_, i) => create(i));
  while (hanging.length < 200) await new Promise(resolve => setImmediate(resolve));
  const refused = await create(200);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
  assert.equal(refused.json.message, 'Too many requests, please try again later.');
  await clock.advance(61_000);
  const late = await Promise.all(many);
  assert.ok(late.every(({ status }) => status === 504));
  assert.equal(late[0]?.json.message, 'Timeout: request did not complete within the allotted timeout');
  for (const resume of hanging) resume();
});

test('a fault of ours is a 500 that is logged with its cause', async () => {
  const logged: unknown[] = [];
  const logger = {
    ...silentLogger,
    error: (_: string, fields?: object) => void logged.push(fields),
    child: () => logger,
  };
  await using server = await startTestServer({
    clock: realClock,
    logger,
    stages: permissiveStages({
      admission: [
        {
          name: 'Broken',
          validate() {
            throw new TypeError('a bug');
          },
        },
      ],
    }),
  });
  const answer = await caller(server)('POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'a' },
  });
  assert.deepEqual([answer.status, answer.json.kind, answer.json.message], [500, 'Status', 'a bug']);
  assert.equal((logged[0] as { error: Error }).error.message, 'a bug');
});

test('large answers are compressed for who takes that; HEAD has no body; every answer has an Audit-Id', async () => {
  await using server = await startTestServer({ clock: realClock });
  const { cert, key } = await selfSigned();
  await using http = await startHttpServer({
    ...{ server, certificate: cert, key, clientCa: cert },
    listen: [{ host: '127.0.0.1', port: 0 }],
    logger: silentLogger,
  });
  const client = server.client(anyone);
  for (let i = 0; i < 300; i++)
    await client.create(configmaps, {
      metadata: { name: `m${i}`, namespace: 'default' },
      data: { k: 'x'.repeat(1000) },
    });
  const ask = (method: string, headers: Record<string, string>) =>
    new Promise<{ headers: Record<string, string>; bytes: Buffer }>((resolve, reject) => {
      const request = https.request(
        {
          host: '127.0.0.1',
          port: http.ports[0],
          path: '/api/v1/configmaps',
          method,
          headers,
          ca: cert,
          agent: false,
        },
        response => {
          const chunks: Buffer[] = [];
          response.on('data', chunk => chunks.push(chunk));
          response.on('end', () =>
            resolve({ headers: response.headers as Record<string, string>, bytes: Buffer.concat(chunks) }),
          );
        },
      );
      request.on('error', reject);
      request.end();
    });
  const plain = await ask('GET', {});
  const zipped = await ask('GET', { 'accept-encoding': 'gzip' });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.deepEqual(gunzipSync(zipped.bytes), plain.bytes);
  assert.match(plain.headers['audit-id']!, /^[0-9a-f-]{36}$/);
  const head = await ask('HEAD', {});
  assert.deepEqual([head.bytes.length, head.headers['content-length']], [0, String(plain.bytes.length)]);
});

test('an inherited listening socket is accepted on', async () => {
  const { cert, key } = await selfSigned();
  const inherited = net.createServer();
  inherited.listen(0, '127.0.0.1');
  await once(inherited, 'listening');
  const { port } = inherited.address() as net.AddressInfo;
  const script = `
    const { startHttpServer } = await import(${JSON.stringify(new URL('../http.node.ts', import.meta.url).href)});
    const { textResponse } = await import(${JSON.stringify(new URL('./exchange.ts', import.meta.url).href)});
    const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
    const { cert, key } = JSON.parse(process.argv[1]);
    const server = { handle: async () => textResponse(200, 'inherited'), upgrade: async () => undefined };
    const http = await startHttpServer({ server, certificate: cert, key, clientCa: cert, listen: [{ fd: 3 }], logger });
    console.log(http.ports[0]);`;
  const listening = inherited as unknown as { _handle: { fd: number } };
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, JSON.stringify({ cert, key })],
    {
      stdio: ['ignore', 'pipe', 'inherit', listening._handle.fd],
    },
  );
  // From here on only the child accepts: a connection that this process took would wait for ever.
  inherited.close();
  try {
    const [said] = (await once(child.stdout!, 'data')) as [Buffer];
    assert.equal(said.toString().trim(), String(port));
    const text = await new Promise<string>((resolve, reject) => {
      https
        .get({ host: '127.0.0.1', port, path: '/', ca: cert, agent: false }, response => {
          response.on('data', chunk => resolve(String(chunk)));
        })
        .on('error', reject);
    });
    assert.equal(text, 'inherited');
  } finally {
    child.kill();
  }
});

test('a port that is taken is told, and nothing stays open', async () => {
  await using server = await startTestServer({ clock: realClock });
  const { cert, key } = await selfSigned();
  const options = { server, certificate: cert, key, clientCa: cert, logger: silentLogger };
  await using first = await startHttpServer({ ...options, listen: [{ host: '127.0.0.1', port: 0 }] });
  const taken = { host: '127.0.0.1', port: first.ports[0]! };
  await assert.rejects(
    startHttpServer({ ...options, listen: [{ host: '127.0.0.1', port: 0 }, taken] }),
    /EADDRINUSE/,
  );
});
