import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, type DecodedPacket as Packet, type RecordType } from 'dns-packet';
import { silentLogger } from '../machinery/logger.ts';
import { noMetrics } from '../machinery/metrics.ts';
import { seededRandom } from '../machinery/random.ts';
import { createTestClock } from '../testing/clock.ts';
import { exampleRecords, exampleZone, service, slice } from './fixture.ts';
import { createForwarder, type Exchange } from './forward.ts';
import { createDnsMetrics } from './metrics.ts';
import type { ClusterRecords } from './records.ts';
import { createHandler, type Transport } from './server.ts';

/** The package's types lack what it decodes. */
type DecodedPacket = Packet & { rcode: string };

const udp: Transport = { protocol: 'udp', ipv6: false };
const tcp: Transport = { protocol: 'tcp', ipv6: false };
const silence: Exchange = () => Promise.reject(new Error('no reply'));

function setUp(options: { records?: ClusterRecords; exchange?: Exchange; upstreams?: string[] } = {}) {
  const clock = createTestClock();
  const metrics = createDnsMetrics(noMetrics, clock, 53);
  const forwarder = createForwarder({
    upstreams: (options.upstreams ?? ['192.0.2.1']).map(address => ({ address, port: 53 })),
    exchange: options.exchange ?? silence,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics,
  });
  const zone = exampleZone(options.records);
  const handler = createHandler({ zone, forwarder, clock, logger: silentLogger, metrics });
  const ask = async (name: string, type: RecordType = 'A', more: object = {}, transport = udp) => {
    const packet = encode({ type: 'query', id: 7, flags: 256, questions: [{ type, name }], ...more });
    const reply = await handler(packet, transport);
    return { bytes: reply!, reply: decode(Buffer.from(reply!)) as DecodedPacket };
  };
  return { handler, ask, clock };
}

const edns = (size: number): object => ({
  additionals: [{ type: 'OPT', name: '.', udpPayloadSize: size, flags: 0 }],
});
const addresses = ({ answers }: DecodedPacket): string[] =>
  (answers ?? []).flatMap(each => (each.type === 'A' ? [each.data] : []));

test('a reply carries id, question, flags, records and a TTL of 5', async () => {
  const { reply } = await setUp().ask('Web.Default.svc.cluster.local');
  assert.equal(reply.id, 7);
  assert.equal(reply.rcode, 'NOERROR');
  assert.ok(reply.flag_qr && reply.flag_aa && reply.flag_rd && reply.flag_ra && !reply.flag_tc);
  assert.equal(reply.questions?.[0]?.name, 'Web.Default.svc.cluster.local');
  const [first] = reply.answers ?? [];
  assert.ok(first?.type === 'A');
  assert.deepEqual([first.data, first.ttl], ['10.96.1.1', 5]);
});

test('a kept reply is the same for another id, and forgotten when a record changes', async () => {
  const records = exampleRecords();
  const { ask } = setUp({ records });
  const first = await ask('web.default.svc.cluster.local');
  const second = await ask('web.default.svc.cluster.local', 'A', { id: 99 });
  assert.equal(second.reply.id, 99);
  assert.deepEqual(second.bytes.subarray(2), first.bytes.subarray(2));
  records.setService('default/web', service('web', { clusterIP: '10.96.9.9', ports: [{ port: 80 }] }));
  assert.deepEqual(addresses((await ask('web.default.svc.cluster.local')).reply), ['10.96.9.9']);
});

test('NXDOMAIN has the SOA, SRV the addresses of its targets', async () => {
  const { ask } = setUp();
  const missing = (await ask('nope.default.svc.cluster.local')).reply;
  assert.equal(missing.rcode, 'NXDOMAIN');
  assert.equal(missing.authorities?.[0]?.type, 'SOA');
  const srv = (await ask('_http._tcp.db.default.svc.cluster.local', 'SRV')).reply;
  assert.deepEqual(
    srv.additionals?.map(each => (each.type === 'A' ? `${each.name} ${each.data}` : each.type)),
    ['db-0.db.default.svc.cluster.local 10.244.0.5', '10-244-0-6.db.default.svc.cluster.local 10.244.0.6'],
  );
});

test('every endpoint of a headless service comes first in its turn', async () => {
  const { ask } = setUp();
  const firsts = new Set<string>();
  for (let i = 0; i < 4; i++) firsts.add(addresses((await ask('db.default.svc.cluster.local')).reply)[0]!);
  assert.deepEqual([...firsts].sort(), ['10.244.0.5', '10.244.0.6']);
});

test('what does not fit is cut with TC; EDNS and TCP have more room', async () => {
  const records = exampleRecords();
  const endpoints = Array.from({ length: 100 }, (_, i) => ({ address: `10.244.1.${i}` }));
  records.setSlice('default/db-1', slice('db', endpoints));
  const { ask } = setUp({ records });
  const name = 'db.default.svc.cluster.local';
  const small = await ask(name);
  assert.ok(small.reply.flag_tc && small.bytes.length <= 512);
  assert.equal(small.reply.answers?.length, 29);
  const large = await ask(name, 'A', edns(4096));
  assert.equal(large.reply.flag_tc, false);
  assert.equal(large.reply.answers?.length, 100);
  assert.equal(large.reply.additionals?.[0]?.type, 'OPT');
  assert.ok((await ask(name, 'A', edns(600))).bytes.length <= 600);
  const overTcp = await ask(name, 'A', {}, tcp);
  assert.equal(overTcp.reply.answers?.length, 100);
});

test('what is no proper query gets an error or nothing', async () => {
  const { handler, ask } = setUp();
  const good = encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'a.b' }] });
  assert.equal(handler(new Uint8Array(5), udp), undefined);
  const reply = Uint8Array.from(good);
  reply[2]! |= 0x80;
  assert.equal(handler(reply, udp), undefined);
  const codeOf = async (bytes: Uint8Array) => (await handler(bytes, udp))![3]! & 15;
  assert.equal(await codeOf(good.subarray(0, 16)), 1);
  const pointer = Uint8Array.from([...good.subarray(0, 12), 0xc0, 0x0c, 0, 1, 0, 1]);
  assert.equal(await codeOf(pointer), 1);
  const twoQuestions = Uint8Array.from(good);
  twoQuestions[5] = 2;
  assert.equal(await codeOf(twoQuestions), 1);
  const notify = Uint8Array.from(good);
  notify[2] = 4 << 3;
  assert.equal(await codeOf(notify), 4);
  const chaos = await ask('version.bind', 'TXT', {
    questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }],
  });
  assert.equal(chaos.reply.rcode, 'REFUSED');
  const future = await ask('a.b', 'A', {
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, ednsVersion: 1 }],
  });
  const opt = future.reply.additionals?.[0];
  assert.ok(opt?.type === 'OPT' && opt.extendedRcode === 1);
  for (let seed = 0; seed < 500; seed++) {
    const random = seededRandom(seed);
    const noise = Uint8Array.from(good, byte => (random.next() < 0.2 ? random.bytes(1)[0]! : byte));
    await handler(noise, udp);
  }
});

/** An upstream that knows www.example.org and counts what it is asked. */
function upstream() {
  const asked: string[] = [];
  const exchange: Exchange = async (_to, packet, transport) => {
    const query = decode(Buffer.from(packet));
    const { name, type } = query.questions![0]!;
    asked.push(`${transport} ${type} ${name}`);
    const known = name.toLowerCase() === 'www.example.org';
    return encode({
      type: 'response',
      id: query.id,
      flags: 384 | (known ? 0 : 3) | (transport === 'udp' && name === 'long.example.org' ? 512 : 0),
      questions: query.questions,
      answers: known ? [{ type: 'A', name, ttl: 300, data: '192.0.2.80' }] : [],
      authorities: [],
    });
  };
  return { asked, exchange };
}

test('other names are forwarded, kept for 30 seconds at most, and count down', async () => {
  const { asked, exchange } = upstream();
  const { ask, clock } = setUp({ exchange });
  const first = await ask('www.example.org');
  assert.deepEqual(addresses(first.reply), ['192.0.2.80']);
  assert.equal(first.reply.id, 7);
  await clock.advance(10_000);
  const second = (await ask('WWW.example.org', 'A', { id: 8 })).reply;
  assert.equal(second.questions?.[0]?.name, 'WWW.example.org');
  const [record] = second.answers ?? [];
  assert.ok(record?.type === 'A' && record.ttl === 20);
  const queries = () => asked.filter(each => each.includes('www'));
  assert.equal(queries().length, 1);
  await clock.advance(21_000);
  await ask('www.example.org');
  assert.equal(queries().length, 2);
});

test('a truncated reply of an upstream is asked for again over TCP', async () => {
  const { asked, exchange } = upstream();
  await setUp({ exchange }).ask('long.example.org');
  assert.deepEqual(
    asked.filter(each => each.includes('long')),
    ['udp A long.example.org', 'tcp A long.example.org'],
  );
});

test('an ExternalName leads to addresses outside, inside, and never round in circles', async () => {
  const { exchange, asked } = upstream();
  const { ask } = setUp({ exchange });
  const outside = (await ask('ext.default.svc.cluster.local')).reply;
  assert.deepEqual(
    outside.answers?.map(each => `${each.type} ${each.name} ${'data' in each ? each.data : ''}`),
    ['CNAME ext.default.svc.cluster.local www.example.org', 'A www.example.org 192.0.2.80'],
  );
  await ask('ext.default.svc.cluster.local', 'AAAA');
  assert.deepEqual(
    asked.filter(each => each.includes('www')),
    ['udp A www.example.org', 'udp AAAA www.example.org'],
  );
  const inside = (await ask('alias.default.svc.cluster.local')).reply;
  assert.deepEqual(
    inside.answers?.map(each => each.type),
    ['CNAME', 'A'],
  );
  assert.deepEqual(addresses(inside), ['10.96.1.1']);
  const ring = (await ask('ring.default.svc.cluster.local')).reply;
  assert.equal(ring.rcode, 'NOERROR');
  assert.deepEqual(ring.answers, []);
});

test('the next upstream is asked when one is silent, and all silent is SERVFAIL', async () => {
  const working = upstream();
  const asked: string[] = [];
  const exchange: Exchange = (to, packet, transport) => {
    asked.push(to.address);
    return to.address === '192.0.2.1'
      ? Promise.reject(new Error('silent'))
      : working.exchange(to, packet, transport);
  };
  const { ask } = setUp({ exchange, upstreams: ['192.0.2.1', '192.0.2.2'] });
  assert.equal((await ask('www.example.org')).reply.rcode, 'NOERROR');
  asked.length = 0;
  await ask('other.example.org');
  assert.deepEqual(asked, ['192.0.2.2']);
  assert.equal((await setUp().ask('www.example.org')).reply.rcode, 'SERVFAIL');
  assert.equal((await setUp({ upstreams: [] }).ask('www.example.org')).reply.rcode, 'SERVFAIL');
});

test('the same question from many is asked once, and an upstream that asks us back is left alone', async () => {
  let handle: ReturnType<typeof createHandler> | undefined;
  let sent = 0;
  // Everything the upstream gets it forwards to us.
  const exchange: Exchange = async (_to, packet) => {
    sent++;
    if (sent > 50) throw new Error('a loop');
    await Promise.resolve();
    const reply = handle?.(packet, udp);
    if (reply instanceof Promise) throw new Error('no reply in time');
    return reply!;
  };
  const { handler, ask } = setUp({ exchange });
  handle = handler;
  const replies = await Promise.all(Array.from({ length: 20 }, () => ask('loop.example.org')));
  assert.ok(replies.every(each => each.reply.rcode === 'SERVFAIL'));
  assert.ok(sent <= 3);
  sent = 0;
  await ask('again.example.org');
  assert.equal(sent, 0);
});
