import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { nodes, pods } from '../../api/generated/resources/core.v1.ts';
import { selfSigned } from '../../client/self-signed.node.ts';
import { silentLogger } from '../../machinery/logger.ts';
import { realClock } from '../../platform/clock.ts';
import { startHttpServer } from '../http.node.ts';
import { anyone, permissiveStages } from '../permissive.ts';
import { caller, startTestServer } from '../testing.ts';
import { createTransport } from './transport.node.ts';

const { cert, key } = await selfSigned();
const flood = 8 * 1024 * 1024;

/** A kubelet as far as its paths go: logs are the path it was asked for, an upgraded connection echoes. */
async function startKubelet() {
  const seen: string[] = [];
  const server = https.createServer(
    { cert, key, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url?.includes('waiting')) {
        response.writeHead(400).end('container "waiting" in pod "p" is waiting to start: ContainerCreating');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('one\n');
      setTimeout(() => response.end('two\n'), 10);
    },
  );
  server.on('upgrade', (request, socket) => {
    if (request.url?.includes('flood')) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
      socket.end(Buffer.alloc(flood));
      return;
    }
    seen.push(`UPGRADE ${request.url} ${request.headers.authorization ?? 'without token'}`);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  };
}

async function start(stages = permissiveStages()) {
  const kubelet = await startKubelet();
  const transport = createTransport({ certificate: cert, key });
  const server = await startTestServer({ clock: realClock, transport, stages });
  const http = await startHttpServer({
    ...{ server, certificate: cert, key, clientCa: cert, transport, logger: silentLogger },
    listen: [{ host: '127.0.0.1', port: 0 }],
  });
  const client = server.client(anyone);
  const node = await client.create(nodes, { metadata: { name: 'n1' } });
  await client.updateStatus(nodes, {
    ...node,
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    },
  });
  const pod = (name: string, containers: string[], nodeName?: string) =>
    client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: { nodeName, containers: containers.map(container => ({ name: container, image: 'i' })) },
    });
  await pod('p', ['c'], 'n1');
  await pod('two', ['a', 'waiting'], 'n1');
  await pod('homeless', ['c']);
  return {
    ...{ kubelet, server, client, http },
    call: caller(server),
    port: http.ports[0]!,
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      transport[Symbol.dispose]();
      kubelet.close();
    },
  };
}

const path = (name: string, rest: string): string => `/api/v1/namespaces/default/pods/${name}/${rest}`;

test('logs are streamed from the kubelet, with its parameters', async () => {
  await using under = await start();
  const answer = await under.call('GET', path('p', 'log?tailLines=5&timestamps=true&container='));
  assert.deepEqual([answer.status, answer.text], [200, 'one\ntwo\n']);
  assert.deepEqual(under.kubelet.seen, ['GET /containerLogs/default/p/c?timestamps=true&tailLines=5']);
});

test('what cannot be asked of a kubelet is refused in upstream’s words', async () => {
  await using under = await start();
  const cases: [string, number, string][] = [
    [path('two', 'log'), 400, 'a container name must be specified for pod two, choose one of: [a waiting]'],
    [path('two', 'log?container=x'), 400, 'container x is not valid for pod two'],
    [
      path('two', 'log?container=waiting'),
      400,
      'container "waiting" in pod "p" is waiting to start: ContainerCreating',
    ],
    [path('none', 'log'), 404, 'pods "none" not found'],
    [path('p', 'exec?command=sh'), 400, 'Upgrade request required'],
    [
      path('p', 'log?tailLines=-1'),
      422,
      'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
  ];
  for (const [url, status, message] of cases) {
    const answer = await under.call('GET', url);
    assert.deepEqual([answer.status, answer.json.message], [status, message]);
  }
  const early = await under.call('GET', path('homeless', 'log'));
  assert.deepEqual([early.status, early.text], [200, '']);
});

/** Sends an upgrade request over TLS and answers with what comes back first, and the socket. */
async function upgrade(port: number, url: string, protocol: string) {
  const socket = tls.connect({ host: '127.0.0.1', port, ca: cert });
  await once(socket, 'secureConnect');
  socket.write(
    `GET ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  return { head: head.toString('latin1'), socket };
}

test('an upgrade goes through to the kubelet, byte for byte, without the client’s token', async () => {
  await using under = await start();
  for (const protocol of ['websocket', 'SPDY/3.1']) {
    const url = path('p', 'exec?command=sh&command=-c&stdin=true&stdout=true&tty=false');
    const { head, socket } = await upgrade(under.port, url, protocol);
    assert.match(head, /^HTTP\/1.1 101 /);
    const sent = Buffer.from([0, 255, 1, 254, 10, 13]);
    socket.write(sent);
    const [echoed] = (await once(socket, 'data')) as [Buffer];
    assert.deepEqual(echoed, sent);
    socket.destroy();
  }
  assert.equal(
    under.kubelet.seen[0],
    'UPGRADE /exec/default/p/c?input=1&output=1&command=sh&command=-c without token',
  );
  const forwarded = await upgrade(under.port, path('p', 'portforward?ports=80'), 'websocket');
  forwarded.socket.destroy();
  assert.equal(under.kubelet.seen[2], 'UPGRADE /portForward/default/p?port=80 without token');
});

test('a refused upgrade is a Status; by WebSocket it takes the permission to create', async () => {
  const asked: string[] = [];
  await using under = await start(
    permissiveStages({
      authorizer: ({ verb, subresource }) => {
        asked.push(`${verb} ${subresource}`);
        return { allowed: !(verb === 'create' && subresource === 'exec'), reason: '' };
      },
    }),
  );
  const { head, socket } = await upgrade(under.port, path('p', 'exec?command=sh'), 'websocket');
  socket.destroy();
  assert.match(head, /^HTTP\/1.1 403 /);
  assert.match(head, /cannot create resource \\"pods\/exec\\"/);
  assert.deepEqual(asked.slice(-2), ['get exec', 'create exec']);
  const homeless = await upgrade(under.port, path('homeless', 'attach'), 'SPDY/3.1');
  homeless.socket.destroy();
  assert.match(homeless.head, /pod homeless does not have a host assigned/);
});

test('proxies reach the node, and what a pod serves', async () => {
  await using under = await start();
  const answer = await under.call('GET', '/api/v1/nodes/n1/proxy/stats/summary?only=cpu');
  assert.deepEqual([answer.status, answer.text], [200, 'one\ntwo\n']);
  assert.equal(under.kubelet.seen[0], 'GET /stats/summary?only=cpu');
  const pod = await under.client.get(pods, 'p', 'default');
  await under.client.updateStatus(pods, { ...pod, status: { podIP: '127.0.0.1' } });
  const proxied = await under.call('GET', path(`https:p:${under.kubelet.port}`, 'proxy/index.html'));
  assert.deepEqual([proxied.status, proxied.text], [200, 'one\ntwo\n']);
  const nobody = await under.call('GET', path('p:1', 'proxy/'));
  assert.equal(nobody.status, 503);
});

test('what a kubelet says last reaches a slow client before the connection ends', async () => {
  await using under = await start();
  const { head, socket } = await upgrade(under.port, path('p', 'exec?command=flood'), 'SPDY/3.1');
  socket.pause();
  const body = head.indexOf('\r\n\r\n') + 4;
  let received = head.length - body;
  await new Promise(resolve => setTimeout(resolve, 300));
  for await (const chunk of socket) received += (chunk as Buffer).length;
  assert.equal(received, flood);
});
