import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { pods } from '../../api/generated/resources/core.v1.ts';
import { tunnelProtocol } from '../streaming/port-forward.ts';
import { spdyClient } from '../streaming/spdy/connection.ts';
import { addPod, isReady, podOf } from '../testing/bench.ts';
import { type TestCertificates, testCertificates } from '../testing/certificates.ts';
import { isInside, missing, runInside } from '../testing/namespaces.ts';
import { type RealBench, realBench } from '../testing/real-bench.ts';

const shell = (command: string) => ({
  name: 'app',
  image: 'tsukube.local/shell:test',
  command: ['sh', '-c', command],
});
const policy = { imagePullPolicy: 'IfNotPresent' };

/** What is written becomes binary messages of a client, what comes in messages is read; the frames are made by hand (RFC 6455). */
function insideOfMessages(socket: Duplex): Duplex {
  let buffer: Buffer = Buffer.alloc(0);
  const inner = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      const head = Buffer.alloc(8);
      head.writeUInt16BE(0x82fe, 0);
      head.writeUInt16BE(chunk.length, 2);
      socket.write(Buffer.concat([head, chunk]), done);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 2) {
      const short = buffer[1]! & 127;
      const start = short === 126 ? 4 : 2;
      if (buffer.length < start) return;
      const length = short === 126 ? buffer.readUInt16BE(2) : short;
      if (buffer.length < start + length) return;
      inner.push(buffer.subarray(start, start + length));
      buffer = buffer.subarray(start + length);
    }
  });
  return inner;
}

function suite(): void {
  let bench: RealBench;
  let certificates: TestCertificates;
  const trust = (who: 'admin' | 'stranger' = 'admin') => ({
    ca: certificates.ca,
    ...certificates[who],
    host: '127.0.0.1',
    port: bench.kubelet.port,
  });

  before(async () => {
    certificates = await testCertificates();
    bench = await realBench({
      ...certificates.server,
      clientCa: certificates.ca,
      port: 0,
      address: '127.0.0.1',
    });
    const trap = 'trap "exit 0" TERM; ';
    addPod(bench, 'web', {
      containers: [
        {
          ...shell(
            `${trap}mkdir -p /tmp/www; echo hello > /tmp/www/index.html; httpd -p 8080 -h /tmp/www; echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; while [ ! -e /tmp/end ]; do sleep 0.05; done; echo last`,
          ),
          ...policy,
        },
      ],
    });
    addPod(bench, 'terminal', {
      containers: [{ ...shell('cat'), ...policy, stdin: true }],
    });
    await bench.until('both are Ready', () => isReady(bench, 'web') && isReady(bench, 'terminal'));
    await bench.until('its log', async () => (await bench.logOf('web', 'app')).length === 3);
  });
  after(() => bench?.close());

  const get = async (path: string, more: RequestOptions = {}): Promise<{ status: number; body: string }> => {
    const asked = request({ ...trust(), path, agent: false, ...more });
    asked.end();
    const [response] = await once(asked, 'response');
    return { status: response.statusCode, body: await text(response) };
  };

  interface Session {
    socket: WebSocket;
    output: Record<number, string>;
    closed: Promise<unknown>;
  }
  const open = async (path: string, protocol = 'v5.channel.k8s.io'): Promise<Session> => {
    const { host, port, ...tls } = trust();
    const socket = new WebSocket(`wss://${host}:${port}${path}`, [protocol], tls);
    const output: Record<number, string> = {};
    socket.on('message', (data: Buffer) => {
      output[data[0]!] = (output[data[0]!] ?? '') + data.toString('utf8', 1);
    });
    const closed = once(socket, 'close');
    await once(socket, 'open');
    assert.equal(socket.protocol, protocol);
    return { socket, output, closed };
  };
  const command = (...words: string[]): string =>
    words.map(word => `command=${encodeURIComponent(word)}`).join('&');

  test('who has no certificate, or no permission, is refused', async () => {
    assert.equal((await get('/pods', { cert: undefined, key: undefined })).status, 401);
    const refused = await get('/metrics', trust('stranger'));
    assert.equal(refused.status, 403);
    assert.match(refused.body, /^Forbidden \(user=stranger, verb=get/);
    assert.equal((await get('/healthz')).body, 'ok');
    assert.equal((await get('/nothing')).status, 404);
  });

  test('pages: Pods, running Pods, statistics', async () => {
    const list = JSON.parse((await get('/pods')).body);
    assert.deepEqual(list.items.map((pod: { metadata: { name: string } }) => pod.metadata.name).sort(), [
      'terminal',
      'web',
    ]);
    assert.equal(JSON.parse((await get('/runningpods/')).body).items.length, 2);
    const { node, pods: used } = JSON.parse((await get('/stats/summary')).body);
    assert.equal(node.nodeName, 'node-1');
    assert.ok(node.memory.workingSetBytes > 0);
    const web = used.find((pod: { podRef: { name: string } }) => pod.podRef.name === 'web');
    assert.ok(web.containers[0].memory.workingSetBytes > 0);
    assert.match(
      (await get('/metrics/resource')).body,
      /container_memory_working_set_bytes\{container="app"/,
    );
  });

  test('logs: all, the end, one stream, stamped, cut', async () => {
    const logs = (query: string) => get(`/containerLogs/default/web/app?${query}`);
    assert.deepEqual(await logs(''), { status: 200, body: 'one\ntwo\nthree\n' });
    assert.equal((await logs('tailLines=1')).body, 'three\n');
    assert.equal((await logs('tailLines=0')).body, '');
    assert.equal((await logs('stream=Stderr')).body, 'two\n');
    assert.equal((await logs('limitBytes=5')).body, 'one\nt');
    assert.match(
      (await logs('timestamps=true&tailLines=1')).body,
      /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) three\n$/,
    );
    assert.equal((await logs(`sinceTime=${new Date(Date.now() + 60_000).toISOString()}`)).body, '');
    assert.equal((await logs('previous=true')).status, 400);
    const wrong = await get('/containerLogs/default/web/none');
    assert.deepEqual(wrong, { status: 400, body: 'container none is not valid for pod web' });
    assert.equal((await get('/containerLogs/default/none/app')).status, 404);
  });

  test('exec: output, exit code, and an input that ends', async () => {
    const failing = await open(
      `/exec/default/web/app?output=1&error=1&${command('sh', '-c', 'echo out; echo err >&2; exit 7')}`,
    );
    await failing.closed;
    assert.equal(failing.output[1], 'out\n');
    assert.equal(failing.output[2], 'err\n');
    const status = JSON.parse(failing.output[3]!);
    assert.equal(status.status, 'Failure');
    assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '7' }]);

    const piped = await open(`/exec/default/web/app?input=1&output=1&${command('wc', '-c')}`);
    const block = Buffer.alloc(60_000, 'x');
    for (let i = 0; i < 20; i++) piped.socket.send(Buffer.concat([Buffer.from([0]), block]));
    piped.socket.send(Buffer.from([255, 0]));
    await piped.closed;
    assert.equal(piped.output[1]?.trim(), '1200000');
    assert.equal(JSON.parse(piped.output[3]!).status, 'Success');
  });

  test('exec on a terminal takes its size', async () => {
    const session = await open(`/exec/default/web/app?input=1&output=1&tty=1&${command('sh')}`);
    session.socket.send(Buffer.concat([Buffer.from([4]), Buffer.from('{"Width":132,"Height":43}')]));
    await bench.until('a prompt', () => (session.output[1] ?? '').includes('#'));
    session.socket.send(Buffer.from('\0stty size\n'));
    await bench.until('the size', () => /43 132/.test(session.output[1] ?? ''));
    session.socket.send(Buffer.from('\0exit\n'));
    await session.closed;
  });

  test('exec of much output loses nothing', async () => {
    const session = await open(
      `/exec/default/web/app?output=1&${command('dd', 'if=/dev/zero', 'bs=65536', 'count=200')}`,
      'v4.channel.k8s.io',
    );
    await session.closed;
    assert.equal(session.output[1]?.length, 65536 * 200);
  });

  test("attach reaches the container's own streams", async () => {
    const session = await open('/attach/default/terminal/app?input=1&output=1&error=1');
    session.socket.send(Buffer.from('\0ping\n'));
    await bench.until('the echo', () => session.output[1] === 'ping\n');
    session.socket.close();
    await session.closed;
  });

  test('a container that does not exist is refused before the upgrade', async () => {
    const { host, port, ...tls } = trust();
    const socket = new WebSocket(
      `wss://${host}:${port}/exec/default/web/none?output=1&command=ls`,
      ['v5.channel.k8s.io'],
      tls,
    );
    const [error] = await once(socket, 'error');
    assert.match(String(error), /404/);
  });

  test('port-forward through a WebSocket tunnel, and as SPDY', async () => {
    const { host, port, ...tls } = trust();
    const plain = tlsConnect({ host, port, ...tls });
    await once(plain, 'secureConnect');
    plain.write(
      'POST /portForward/default/web HTTP/1.1\r\nHost: kubelet\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\nContent-Length: 0\r\n\r\n',
    );
    const [answer] = (await once(plain, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
    const spdy = spdyClient(plain, answer.subarray(answer.indexOf('\r\n\r\n') + 4));
    const fetched = async (requestid: string): Promise<string> => {
      const error = await spdy.open({ streamtype: 'error', port: '8080', requestid });
      error.end();
      const data = await spdy.open({ streamtype: 'data', port: '8080', requestid });
      let body = '';
      data.onData = bytes => {
        body += bytes;
      };
      const ended = new Promise<void>(resolve => {
        data.onEnd = resolve;
      });
      data.write(Buffer.from('GET / HTTP/1.0\r\n\r\n'));
      await ended;
      return body;
    };
    const bodies = await Promise.all([fetched('0'), fetched('1')]);
    for (const body of bodies) assert.match(body, /hello/);
    spdy.close();

    const tunnel = tlsConnect({ host, port, ...tls });
    await once(tunnel, 'secureConnect');
    tunnel.write(
      `GET /portForward/default/web HTTP/1.1\r\nHost: kubelet\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('0123456789abcdef')}\r\nSec-WebSocket-Protocol: ${tunnelProtocol}\r\n\r\n`,
    );
    const [taken] = (await once(tunnel, 'data')) as [Buffer];
    assert.match(
      taken.toString('latin1'),
      /^HTTP\/1\.1 101 .*Sec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io\r\n/s,
    );
    const inner = spdyClient(insideOfMessages(tunnel), Buffer.alloc(0));
    const error = await inner.open({ streamtype: 'error', port: '8080', requestid: '0' });
    error.end();
    const data = await inner.open({ streamtype: 'data', port: '8080', requestid: '0' });
    let body = '';
    data.onData = bytes => {
      body += bytes;
    };
    data.write(Buffer.from('GET / HTTP/1.0\r\n\r\n'));
    await bench.until('the page', () => body.includes('hello'));
    inner.close();
    tunnel.destroy();

    const channels = new WebSocket(
      `wss://${host}:${port}/portForward/default/web?port=8080`,
      ['v4.channel.k8s.io'],
      tls,
    );
    const parts: Buffer[] = [];
    channels.on('message', (message: Buffer) => message[0] === 0 && parts.push(message.subarray(1)));
    await once(channels, 'open');
    channels.send(Buffer.from('\0GET / HTTP/1.0\r\n\r\n'));
    await bench.until('the page', () => Buffer.concat(parts).includes('hello'));
    assert.equal(parts[0]!.readUInt16LE(0), 8080);
    channels.terminate();
  });

  test('following a log ends with its container', async () => {
    const asked = request({
      ...trust(),
      path: '/containerLogs/default/web/app?follow=true&tailLines=1',
      agent: false,
    });
    asked.end();
    const [response] = await once(asked, 'response');
    const all = text(response);
    const { id } = (await bench.runtime.containers()).find(
      ({ labels }) => labels['io.kubernetes.pod.name'] === 'web',
    )!;
    await bench.runtime.execSync(id, ['touch', '/tmp/end'], 5);
    assert.equal(await all, 'three\nlast\n');
    await bench.client.delete(pods, 'web', 'default');
    await bench.until('web is gone', () => !podOf(bench, 'web'));
  });
}

if (isInside) describe('kubelet server over containerd', suite);
else
  test('kubelet server over a real containerd', { skip: missing() }, async t => {
    t.diagnostic(await runInside(fileURLToPath(import.meta.url)));
  });
