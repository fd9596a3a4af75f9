import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createProxy } from './proxy.ts';

const proxy = createProxy({ connect: (host, port) => connect({ host, port }) });
const registry = createServer((request, response) => {
  response.setHeader('x-host', request.headers.host ?? '');
  response.end(`${request.method} ${request.url}`);
});
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

before(async () => {
  for (const server of [proxy, registry])
    await new Promise<void>(done => server.listen(0, '127.0.0.1', () => done()));
});
after(() => {
  proxy.close();
  registry.close();
  registry.closeAllConnections();
});

const ask = (path: string): Promise<{ status: number; body: string; host: string }> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: portOf(proxy), path, agent: false }, response => {
      let body = '';
      response.on('data', chunk => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, body, host: String(response.headers['x-host']) }),
      );
    }).on('error', reject);
  });

test('plain requests go to the host they name', async () => {
  const at = `127.0.0.1:${portOf(registry)}`;
  assert.deepEqual(await ask(`http://${at}/v2/?a=1`), { status: 200, body: 'GET /v2/?a=1', host: at });
});

test('as a mirror it serves registries on loopback, and no others', async () => {
  const at = `127.0.0.1:${portOf(registry)}`;
  assert.deepEqual(await ask(`/v2/app/manifests/v1?ns=${at}`), {
    status: 200,
    body: 'GET /v2/app/manifests/v1',
    host: at,
  });
  assert.equal((await ask('/v2/library/nginx/manifests/1?ns=registry.example')).status, 404);
  assert.equal((await ask('/v2/x?ns=127.0.0.1.registry.example:80')).status, 404);
  assert.equal((await ask('/v2/')).status, 404);
});

test('CONNECT makes a tunnel; a refused one answers 502', async () => {
  const tunnel = async (target: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(portOf(proxy), '127.0.0.1', () =>
        socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', chunk => {
        text += chunk;
        if (text === 'HTTP/1.1 200 Connection Established\r\n\r\n') {
          socket.write('GET /through HTTP/1.0\r\n\r\n');
        }
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
  assert.match(
    await tunnel(`127.0.0.1:${portOf(registry)}`),
    /200 Connection Established[\s\S]*GET \/through$/,
  );
  assert.match(await tunnel('127.0.0.1:1'), /^HTTP\/1.1 502/);
});
