// Who a connection is: client certificates over TLS, with HTTP/2 and HTTP/1.1, kubectl and the real policy.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../machinery/logger.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';
import { openIdConfiguration } from './authentication/tokens.ts';
import { startHttpServer } from './http.node.ts';
import { createPki, type KeyPair } from './pki/pki.ts';
import { createStages, issuerOf, type StagesOptions } from './stages.ts';
import { startTestServer } from './testing.ts';

async function start() {
  const files = new Map<string, string>();
  const pki = await createPki(
    { read: async name => files.get(name), write: async (name, text) => void files.set(name, text) },
    { clock: realClock, random: realRandom },
  );
  const serving = await pki.serving('apiserver', { dnsNames: ['localhost'], addresses: ['127.0.0.1'] });
  const stages: StagesOptions = {
    serviceAccountKey: pki.serviceAccountKey,
    apiServer: { address: '192.0.2.1', port: 6443 },
    clientCa: pki.caCertificate,
  };
  const base = { clock: realClock, random: realRandom };
  const issuer = issuerOf(stages, base);
  const keys = await issuer.jwks();
  const oidc = {
    configuration: () => openIdConfiguration(issuer.issuer, 'https://127.0.0.1:6443/openid/v1/jwks'),
    keys: () => keys,
  };
  const server = await startTestServer({ ...base, stages: createStages(stages), oidc });
  const http = await startHttpServer({
    ...{ server, certificate: serving.certificate, key: serving.key, clientCa: pki.caCertificate },
    listen: [{ host: '127.0.0.1', port: 0 }],
    logger: silentLogger,
  });
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  return {
    pki,
    port: http.ports[0]!,
    /** A kubeconfig of this user. */
    config(pair: KeyPair): string {
      const data = (text: string): string => Buffer.from(text).toString('base64');
      const path = join(folder, `${Math.random()}`);
      const cluster = {
        server: `https://127.0.0.1:${http.ports[0]}`,
        'certificate-authority-data': data(pki.caCertificate),
      };
      const user = { 'client-certificate-data': data(pair.certificate), 'client-key-data': data(pair.key) };
      const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
      const rest = { clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user }], contexts };
      writeFileSync(
        path,
        JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'x', ...rest }),
      );
      return path;
    },
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const kubectl = (config: string, ...args: string[]): Promise<string> =>
  new Promise(resolve => {
    execFile(
      'kubectl',
      args,
      { env: { ...process.env, KUBECONFIG: config, HOME: tmpdir() }, timeout: 30_000 },
      (_, out, err) => resolve(out + err),
    );
  });

test('a certificate says who asks; RBAC says what they may; kubectl sees both', async () => {
  await using under = await start();
  const admin = under.config(await under.pki.client('admin', 'kubernetes-admin', ['system:masters']));
  const jane = under.config(await under.pki.client('jane', 'jane', ['devs']));
  assert.match(await kubectl(admin, 'auth', 'whoami'), /Username +kubernetes-admin/);
  assert.match(await kubectl(admin, 'get', 'ns', 'default'), /default +Active/);
  assert.equal(
    await kubectl(jane, 'get', 'pods'),
    'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"\n',
  );
  await kubectl(admin, 'create', 'rolebinding', 'jane', '--clusterrole=view', '--group=devs');
  for (let i = 0; i < 50 && (await kubectl(jane, 'auth', 'can-i', 'get', 'pods')) !== 'yes\n'; i++);
  assert.equal(await kubectl(jane, 'get', 'pods'), 'No resources found in default namespace.\n');
  assert.equal(await kubectl(jane, 'auth', 'can-i', 'create', 'pods'), 'no\n');
  assert.equal(
    await kubectl(admin, 'auth', 'can-i', 'create', 'pods', '--as=jane', '--as-group=devs'),
    'no\n',
  );
  assert.match(
    await kubectl(jane, 'get', 'pods', '--as=admin'),
    /jane.* cannot impersonate resource "users"/,
  );
  await kubectl(admin, 'create', 'serviceaccount', 'robot');
  const token = (await kubectl(admin, 'create', 'token', 'robot')).trim();
  assert.match(token, /^ey[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.match(
    await kubectl(admin, 'get', 'svc', 'kubernetes'),
    /kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP/,
  );
  assert.match(await kubectl(admin, 'create', 'svc', 'clusterip', 'web', '--tcp=80:80'), /created/);
  assert.match(await kubectl(admin, 'get', 'svc', 'web'), /web +ClusterIP +10\.96\.\d+\.\d+/);
});

test('without a certificate one is anonymous: health and discovery of the issuer by name, nothing else', async () => {
  await using under = await start();
  const get = (path: string, more: https.RequestOptions = {}): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: under.port,
        path,
        ca: under.pki.caCertificate,
        agent: false,
        ...more,
      };
      https
        .get(options as https.RequestOptions, response => {
          let text = '';
          response.on('data', chunk => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        })
        .on('error', reject);
    });
  assert.deepEqual(await get('/readyz'), { status: 200, text: 'ok' });
  const refused = await get('/api/v1/pods');
  assert.equal(refused.status, 403);
  assert.match(refused.text, /User \\"system:anonymous\\" cannot list resource \\"pods\\"/);
  assert.equal((await get('/api/v1/pods', { headers: { authorization: 'Bearer nonsense' } })).status, 401);
  const pair = await under.pki.client('admin', 'admin', ['system:masters']);
  const known = await get('/openid/v1/jwks', { cert: pair.certificate, key: pair.key });
  assert.match(known.text, /"keys"/);
});

test('HTTP/2 carries many requests of one connection, each as the certificate’s user', async () => {
  await using under = await start();
  const pair = await under.pki.client('admin', 'admin', ['system:masters']);
  const session = http2.connect(`https://127.0.0.1:${under.port}`, {
    ca: under.pki.caCertificate,
    cert: pair.certificate,
    key: pair.key,
  });
  try {
    const one = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/api/v1/namespaces' });
        let status = 0;
        stream.on('response', headers => {
          status = Number(headers[':status']);
        });
        stream.on('error', reject);
        stream.on('end', () => resolve(status));
        stream.resume();
      });
    const statuses = await Promise.all(Array.from({ length: 50 }, one));
    assert.deepEqual([...new Set(statuses)], [200]);
  } finally {
    session.destroy();
  }
});
