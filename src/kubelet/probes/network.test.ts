import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import type { HttpRequest } from './actions.ts';
import { networkProbes } from './network.ts';

const timeoutMs = 5000;

describe('probes over the network', () => {
  const seen: string[] = [];
  const web = createServer((request, response) => {
    seen.push(
      `${request.headers.host} ${request.headers['user-agent']} ${request.headers['x-own'] ?? ''}`.trim(),
    );
    const [, kind, value = ''] = (request.url ?? '').split('/');
    if (kind === 'status') response.writeHead(Number(value)).end('body');
    else if (kind === 'redirect')
      response
        .writeHead(302, { location: value === 'away' ? 'http://elsewhere.test/' : '/status/500' })
        .end();
    else if (kind === 'hang') return;
    else response.end('x'.repeat(1_000_000));
  });
  let port = 0;
  const request = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    scheme: 'http',
    host: '127.0.0.1',
    port,
    path,
    headers: [],
    ...more,
  });

  before(async () => {
    await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve));
    ({ port } = web.address() as AddressInfo);
  });
  after(() => {
    web.closeAllConnections();
    web.close();
  });

  test('HTTP: the status decides, redirects to the same host are followed', async () => {
    const outcome = async (path: string) => networkProbes.http(request(path), timeoutMs);
    assert.deepEqual(await outcome('/status/200'), { ok: true, output: '' });
    assert.equal((await outcome('/status/399')).ok, true);
    assert.deepEqual(await outcome('/status/404'), {
      ok: false,
      output: 'HTTP probe failed with statuscode: 404',
    });
    assert.deepEqual(await outcome('/redirect/here'), {
      ok: false,
      output: 'HTTP probe failed with statuscode: 500',
    });
    assert.equal((await outcome('/redirect/away')).ok, true);
    assert.equal((await outcome('/large')).ok, true);
  });

  test("HTTP: headers are upstream's, unless the probe has its own", async () => {
    seen.length = 0;
    await networkProbes.http(request('/status/200', { headers: [['X-Own', '1']] }), timeoutMs);
    await networkProbes.http(
      request('/status/200', {
        headers: [
          ['Host', 'web.test'],
          ['User-Agent', 'me'],
        ],
      }),
      timeoutMs,
    );
    assert.deepEqual(seen, [`127.0.0.1:${port} kube-probe/1.36 1`, 'web.test me']);
  });

  test('HTTP: a server that does not answer, and one that is not there', async () => {
    const slow = await networkProbes.http(request('/hang'), 100);
    assert.equal(
      slow.output,
      `Get "http://127.0.0.1:${port}/hang": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
    const absent = await networkProbes.http(request('/', { port: 1 }), timeoutMs);
    assert.equal(
      absent.output,
      'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  test('TCP', async () => {
    const server = createTcpServer(socket => socket.on('error', () => {}));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const open = (server.address() as AddressInfo).port;
    assert.equal((await networkProbes.tcp('127.0.0.1', open, timeoutMs)).ok, true);
    await new Promise(resolve => server.close(resolve));
    assert.deepEqual(await networkProbes.tcp('127.0.0.1', open, timeoutMs), {
      ok: false,
      output: `dial tcp 127.0.0.1:${open}: connect: connection refused`,
    });
  });

  test('gRPC health, by service', async () => {
    const server = new grpc.Server();
    const bytes = (value: Buffer): Buffer => value;
    server.addService(
      {
        Check: {
          path: '/grpc.health.v1.Health/Check',
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes,
          requestDeserialize: bytes,
          responseSerialize: bytes,
          responseDeserialize: bytes,
        },
      },
      {
        Check: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) =>
          done(null, Buffer.from([8, call.request.subarray(2).toString() === 'sick' ? 2 : 1])),
      },
    );
    const bound = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, number) =>
        error ? reject(error) : resolve(number),
      ),
    );
    assert.deepEqual(await networkProbes.grpc('127.0.0.1', bound, '', timeoutMs), { ok: true, output: '' });
    assert.deepEqual(await networkProbes.grpc('127.0.0.1', bound, 'sick', timeoutMs), {
      ok: false,
      output: 'service unhealthy (responded with "NOT_SERVING")',
    });
    server.forceShutdown();
    const absent = await networkProbes.grpc('127.0.0.1', 1, '', 300);
    assert.match(absent.output, /^timeout: failed to connect service "127\.0\.0\.1:1" within 0\.3s/);
  });
});
