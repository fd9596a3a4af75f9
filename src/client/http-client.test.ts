import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deployments } from '../api/generated/resources/apps.v1.ts';
import { configmaps, namespaces, pods } from '../api/generated/resources/core.v1.ts';
import type { Clock } from '../machinery/clock.ts';
import { StatusError } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { createTestClock } from '../testing/clock.ts';
import { clientCases } from './client-cases.ts';
import { createFakeClient } from './fake-client.ts';
import { startFakeServer } from './fake-server.node.ts';
import { createHttpClient } from './http-client.node.ts';
import { createInformers } from './informers.ts';
import { jsonLines } from './json-lines.ts';
import { defaultKubeconfigPath, KubeconfigError, readKubeconfig } from './kubeconfig.node.ts';
import { selfSigned } from './self-signed.node.ts';

const { cert, key } = await selfSigned();

async function open(h2: boolean) {
  const fake = createFakeClient({ clock: realClock });
  fake.seed(namespaces, { metadata: { name: 'default' } });
  const server = await startFakeServer(fake, [configmaps, namespaces, pods, deployments], { cert, key, h2 });
  const client = createHttpClient({
    clock: realClock,
    server: server.url,
    tls: { ca: cert },
    token: () => 'secret',
  });
  return {
    client,
    fake,
    server,
    compact: async () => fake.breakWatches({ expire: true }),
    async [Symbol.asyncDispose]() {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

clientCases('HTTP/2', () => open(true));
clientCases('HTTP/1.1', () => open(false));

test('one connection with HTTP/2; the token goes with each request', async () => {
  await using under = await open(true);
  const stop = new AbortController();
  const watches = Array.from({ length: 20 }, async () => {
    for await (const _ of under.client.watch(configmaps, { signal: stop.signal }));
  });
  await under.client.list(configmaps);
  stop.abort();
  await Promise.all(watches);
  assert.deepEqual([...new Set(under.server.versions)], ['2.0']);
  assert.deepEqual([...new Set(under.server.authorizations)], ['Bearer secret']);
});

test('a thousand answers at once: none is lost, refusals keep their text', async () => {
  await using under = await open(true);
  for (let i = 0; i < 20; i++) under.fake.seed(configmaps, { metadata: { name: `m${i}` } });
  const asked = Array.from({ length: 1000 }, async (_, i) => {
    if (i % 2 === 0) return (await under.client.get(configmaps, `m${i % 20}`, 'default')).metadata.name;
    return under.client.get(configmaps, `absent${i}`, 'default').catch((error: Error) => error.message);
  });
  const answers = await Promise.all(asked);
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer, i % 2 === 0 ? `m${i % 20}` : `configmaps "absent${i}" not found`);
  }
});

for (const h2 of [true, false]) {
  test(`waits as told by Retry-After, and reports what a proxy says (${h2 ? 'HTTP/2' : 'HTTP/1.1'})`, async () => {
    await using under = await open(h2);
    let refused = 0;
    under.server.intercept = response => {
      if (refused >= 2) return false;
      refused++;
      response.writeHead(429, { 'retry-after': '0' });
      response.end('slow down');
      return true;
    };
    assert.equal((await under.client.list(configmaps)).items.length, 0);
    assert.equal(refused, 2);
    under.server.intercept = response => {
      response.writeHead(502);
      response.end('Bad Gateway');
      return true;
    };
    await assert.rejects(
      under.client.get(configmaps, 'a', 'default'),
      (error: StatusError) =>
        error instanceof StatusError && error.code === 502 && error.message === 'Bad Gateway',
    );
  });

  test(`informers live through a server that goes and comes back (${h2 ? 'HTTP/2' : 'HTTP/1.1'})`, async () => {
    await using under = await open(h2);
    const informers = createInformers(under.client, { clock: realClock });
    const informer = informers.for(configmaps);
    await informer.whenSynced();
    const next = (name: string): Promise<void> =>
      new Promise(resolve => {
        const remove = informer.addHandler({
          added: object => {
            if (object.metadata.name !== name) return;
            resolve();
            queueMicrotask(() => remove());
          },
        });
      });
    under.fake.seed(configmaps, { metadata: { name: 'one' } });
    await next('one');
    under.server.intercept = response => {
      (response.socket ?? response).destroy();
      return true;
    };
    under.fake.breakWatches();
    under.fake.seed(configmaps, { metadata: { name: 'two' } });
    await new Promise(resolve => setTimeout(resolve, 50));
    under.server.intercept = undefined;
    await next('two');
    await informers[Symbol.asyncDispose]();
  });
}

test('a request without an answer ends at its timeout', async () => {
  const clock = createTestClock();
  await using server = await startFakeServer(createFakeClient({ clock }), [], { cert, key, h2: true });
  const reached = new Promise<void>(resolve => {
    server.intercept = () => {
      resolve();
      return true;
    };
  });
  const client = createHttpClient({
    clock,
    server: server.url,
    tls: { ca: cert },
    timeoutMs: 5000,
  });
  const asked = assert.rejects(client.get(configmaps, 'a', 'default'), /no answer within 5 s/);
  await reached;
  await clock.advance(5000);
  await asked;
  client.close();
});

test('a connection that the server is leaving is given up with all that hangs on it, also by who asks just then', async () => {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createSecureServer({ cert, key });
  const sockets: Socket[] = [];
  server.on('session', session => void sessions.push(session));
  server.on('connection', socket => void sockets.push(socket));
  server.on('request', (_, response) => response.end('{"metadata":{"resourceVersion":"1"},"items":[]}'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const timers = new Set<object>();
  const clock: Clock = {
    ...realClock,
    timer(milliseconds, callback) {
      const id = {};
      timers.add(id);
      const timer = realClock.timer(milliseconds, () => {
        timers.delete(id);
        callback();
      });
      return {
        cancel() {
          timers.delete(id);
          timer.cancel();
        },
      };
    },
  };
  const client = createHttpClient({ clock, server: `https://127.0.0.1:${port}`, tls: { ca: cert } });
  await client.list(configmaps);
  const closed = new Promise(resolve => server.close(resolve));
  for (const session of sessions) session.destroy();
  for (const socket of sockets) socket.destroy();
  await closed;
  await assert.rejects(client.list(configmaps));
  await assert.rejects(client.list(configmaps));
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.equal(timers.size, 0, 'a timer that is left would ping a connection that is no more');
  client.close();
});

test('a server that is not there is an error at once', async () => {
  const client = createHttpClient({ clock: realClock, server: 'https://127.0.0.1:1' });
  await assert.rejects(client.get(configmaps, 'a', 'default'), { code: 'ECONNREFUSED' });
  client.close();
});

test('JSON lines survive any cut', async () => {
  const values = [{ a: 'ü€😀' }, { b: 'x'.repeat(50) }, [1, 2]];
  const bytes = Buffer.from(`${values.map(value => JSON.stringify(value)).join('\n')}\n{"cut":`);
  for (const size of [1, 2, 3, 5, 7, 64, 1000]) {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const seen: unknown[] = [];
    for await (const value of jsonLines(chunks())) seen.push(value);
    assert.deepEqual(seen, values, `chunks of ${size}`);
  }
});

test('kubeconfig: contexts, inline data, files beside it, token files; and what is wrong, in one line', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const clock = createTestClock();
  const path = join(folder, 'config');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  writeFileSync(join(folder, 'ca.pem'), cert);
  writeFileSync(join(folder, 'token'), 'first\n');
  const write = (change: (config: Record<string, unknown>) => void = () => {}): void => {
    const config = {
      'current-context': 'a',
      clusters: [
        { name: 'c', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority': 'ca.pem' } },
      ],
      users: [
        { name: 'cert', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
        { name: 'token', user: { tokenFile: 'token' } },
        { name: 'exec', user: { exec: { command: 'x' } } },
      ],
      contexts: [
        { name: 'a', context: { cluster: 'c', user: 'cert', namespace: 'team' } },
        { name: 'b', context: { cluster: 'c', user: 'token' } },
        { name: 'd', context: { cluster: 'c', user: 'exec' } },
        { name: 'e', context: { cluster: 'nowhere', user: 'exec' } },
      ],
    };
    change(config);
    writeFileSync(path, JSON.stringify(config));
  };
  write();
  const a = readKubeconfig(path, { clock });
  assert.equal(a.server, 'https://10.0.0.1:6443');
  assert.equal(a.namespace, 'team');
  assert.deepEqual(a.tls, { ca: cert, cert, key });
  const b = readKubeconfig(path, { clock, context: 'b' });
  assert.equal(b.namespace, 'default');
  assert.equal(await b.token?.(), 'first');
  writeFileSync(join(folder, 'token'), 'second\n');
  assert.equal(await b.token?.(), 'first');
  await clock.advance(60_001);
  assert.equal(await b.token?.(), 'second');

  const refuses = (expected: RegExp, context?: string): void => {
    assert.throws(
      () => readKubeconfig(path, { clock, context }),
      (error: Error) => {
        assert.ok(error instanceof KubeconfigError);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  };
  refuses(/there is no context "z"; it has "a", "b", "d", "e"/, 'z');
  refuses(/there is no cluster "nowhere"; it has "c"/, 'e');
  refuses(/user "exec" uses exec, which is not supported/, 'd');
  write(config => {
    config['current-context'] = undefined;
  });
  refuses(/no current-context is set/);
  write(config => {
    config.clusters = [{ name: 'c', cluster: { server: 'nonsense' } }];
  });
  refuses(/cluster "c" has no usable server: "nonsense"/);
  rmSync(join(folder, 'ca.pem'));
  write();
  refuses(/cannot read certificate-authority .*ca\.pem: no such file/);
  writeFileSync(path, 'a: [b');
  refuses(/is not valid YAML/);
  rmSync(path);
  refuses(/cannot read kubeconfig .*: no such file/);
  assert.equal(defaultKubeconfigPath({ KUBECONFIG: ':/x/y:/z' }), '/x/y');
  assert.equal(defaultKubeconfigPath({ HOME: '/home/u' }), '/home/u/.kube/config');
});
