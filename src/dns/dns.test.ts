import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type DecodedPacket, decode, encode } from 'dns-packet';
import { namespaces, services } from '../api/generated/resources/core.v1.ts';
import { endpointslices } from '../api/generated/resources/discovery.k8s.io.v1.ts';
import { createFakeClient } from '../client/fake-client.ts';
import { createInformers } from '../client/informers.ts';
import { sleep } from '../machinery/clock.ts';
import { silentLogger } from '../machinery/logger.ts';
import { seededRandom } from '../machinery/random.ts';
import { realClock } from '../platform/clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { startDns } from './dns.ts';
import { service, slice } from './fixture.ts';
import { FrameReader, frame } from './frames.ts';
import { listenUdp } from './udp.node.ts';

/** An upstream on loopback that answers every A query with one address. */
const startUpstream = () =>
  listenUdp(
    '127.0.0.1',
    0,
    packet => {
      const query = decode(Buffer.from(packet));
      const [question] = query.questions ?? [];
      return encode({
        type: 'response',
        id: query.id,
        flags: 384,
        questions: query.questions,
        answers:
          question?.type === 'A' ? [{ type: 'A', name: question.name, ttl: 60, data: '192.0.2.7' }] : [],
      });
    },
    assert.ifError,
  );

async function setUp() {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await startUpstream());
  const clock = realClock;
  const client = createFakeClient({ clock });
  client.seed(namespaces, { metadata: { name: 'default' } });
  client.seed(services, service('web', { clusterIP: '10.96.1.1', ports: [{ name: 'http', port: 80 }] }));
  client.seed(services, service('db', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }));
  client.seed(services, service('ext', { type: 'ExternalName', externalName: 'www.example.org' }));
  client.seed(
    endpointslices,
    slice('db', [{ address: '10.244.0.5', hostname: 'db-0' }, { address: '10.244.0.6' }]),
  );
  const informers = stack.use(createInformers(client, { clock }));
  const metrics = createMetrics();
  const server = stack.use(
    await startDns(
      { client, informers, clock, random: seededRandom(1), logger: silentLogger, metrics },
      {
        addresses: ['127.0.0.1'],
        port: 0,
        clusterDomain: 'cluster.local',
        upstreams: [`127.0.0.1:${upstream.port}`],
      },
    ),
  );
  await informers.whenSynced();
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
  return { stack, client, metrics, resolver, port: server.port };
}

test('an ordinary resolver finds services, endpoints, addresses and other names', async () => {
  const { stack, resolver } = await setUp();
  await using _all = stack;
  assert.deepEqual(await resolver.resolve4('web.default.svc.cluster.local'), ['10.96.1.1']);
  assert.deepEqual((await resolver.resolve4('db.default.svc.cluster.local')).sort(), [
    '10.244.0.5',
    '10.244.0.6',
  ]);
  assert.deepEqual(await resolver.resolveSrv('_http._tcp.web.default.svc.cluster.local'), [
    { name: 'web.default.svc.cluster.local', port: 80, priority: 0, weight: 100, type: 'SRV' },
  ]);
  assert.deepEqual(await resolver.reverse('10.244.0.5'), ['db-0.db.default.svc.cluster.local']);
  assert.deepEqual(await resolver.resolveCname('ext.default.svc.cluster.local'), ['www.example.org']);
  assert.deepEqual(await resolver.resolve4('ext.default.svc.cluster.local'), ['192.0.2.7']);
  assert.deepEqual(await resolver.resolve4('www.example.org'), ['192.0.2.7']);
  assert.deepEqual(await resolver.resolveTxt('dns-version.cluster.local'), [['1.1.0']]);
  await assert.rejects(resolver.resolve4('nope.default.svc.cluster.local'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver.resolve6('web.default.svc.cluster.local'), { code: 'ENODATA' });
});

test('a new service is answered as soon as the cache has it, a deleted one no more', async () => {
  const { stack, client, resolver } = await setUp();
  await using _all = stack;
  const name = 'fresh.default.svc.cluster.local';
  await assert.rejects(resolver.resolve4(name), { code: 'ENOTFOUND' });
  await client.create(services, service('fresh', { clusterIP: '10.96.2.2', ports: [{ port: 80 }] }));
  const becomes = async (expected: string[]): Promise<void> => {
    for (let tries = 0; tries < 200; tries++) {
      const answered = await resolver.resolve4(name).catch(() => []);
      if (isDeepStrictEqual(answered, expected)) return;
      await sleep(realClock, 25);
    }
    assert.fail(`${name} did not become ${expected.join()}`);
  };
  await becomes(['10.96.2.2']);
  await client.delete(services, 'fresh', 'default');
  await becomes([]);
});

test('TCP answers many queries of one connection, in pieces and together', async () => {
  const { stack, port } = await setUp();
  await using _all = stack;
  const socket = connect({ host: '127.0.0.1', port });
  stack.defer(() => void socket.destroy());
  const query = (id: number): Uint8Array =>
    frame(encode({ type: 'query', id, questions: [{ type: 'A', name: 'web.default.svc.cluster.local' }] }));
  const reader = new FrameReader();
  const replies: DecodedPacket[] = [];
  socket.on('data', chunk => {
    for (const message of reader.push(chunk)) replies.push(decode(Buffer.from(message)));
    if (replies.length === 52) socket.emit('enough');
  });
  const enough = once(socket, 'enough');
  const first = query(1);
  socket.write(first.subarray(0, 1));
  socket.write(first.subarray(1, 9));
  socket.write(Buffer.concat([first.subarray(9), ...Array.from({ length: 51 }, (_, i) => query(i + 2))]));
  await enough;
  assert.deepEqual(
    replies.map(each => each.id).sort((a, b) => (a ?? 0) - (b ?? 0)),
    Array.from({ length: 52 }, (_, i) => i + 1),
  );
  assert.ok(replies.every(each => each.answers?.length === 1));
});

test('requests are counted under the names that coredns has', async () => {
  const { stack, resolver, metrics } = await setUp();
  {
    await using _all = stack;
    await resolver.resolve4('web.default.svc.cluster.local');
    await resolver.resolve4('www.example.org');
    await assert.rejects(resolver.resolve4('nope.default.svc.cluster.local'));
  }
  const text = await metrics.text();
  const has = (name: string, ...labels: string[]): boolean =>
    text.split('\n').some(line => line.startsWith(name) && labels.every(label => line.includes(label)));
  assert.ok(
    has('coredns_dns_requests_total', 'zone="cluster.local."', 'type="A"', 'proto="udp"', 'family="1"'),
  );
  assert.ok(has('coredns_dns_responses_total', 'rcode="NXDOMAIN"', 'plugin="kubernetes"'));
  assert.ok(has('coredns_dns_responses_total', 'rcode="NOERROR"', 'plugin="forward"'));
  assert.ok(has('coredns_dns_request_duration_seconds_bucket', 'zone="."'));
  assert.ok(has('coredns_cache_misses_total'));
});

test('an address that is taken is one clear error, and nothing stays bound', async () => {
  const { stack, client, port } = await setUp();
  await using _all = stack;
  const clock = realClock;
  const informers = stack.use(createInformers(client, { clock }));
  const context = {
    client,
    informers,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: createMetrics(),
  };
  await assert.rejects(
    startDns(context, {
      addresses: ['127.0.0.2', '127.0.0.1'],
      port,
      clusterDomain: 'cluster.local',
      upstreams: [],
    }),
    { message: `cannot answer DNS on 127.0.0.1 UDP port ${port}` },
  );
  const socket = createSocket('udp4');
  socket.bind({ address: '127.0.0.2', port });
  await once(socket, 'listening');
  socket.close();
});

test('an upstream that is the server itself is left out', async () => {
  const { stack, client } = await setUp();
  await using _all = stack;
  const clock = realClock;
  const informers = stack.use(createInformers(client, { clock }));
  const context = {
    client,
    informers,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: createMetrics(),
  };
  const free = createSocket('udp4');
  free.bind({ address: '127.0.0.3', port: 0 });
  await once(free, 'listening');
  const { port } = free.address();
  free.close();
  stack.use(
    await startDns(context, {
      addresses: ['127.0.0.3'],
      port,
      clusterDomain: 'cluster.local',
      upstreams: [`127.0.0.3:${port}`],
    }),
  );
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.3:${port}`]);
  await assert.rejects(resolver.resolve4('www.example.org'), { code: 'ESERVFAIL' });
});
