// What must hold over time: choice, affinity, changes under established connections, restarts, healing, removal.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { V1ServiceSpec } from '../../../src/api/generated/types.ts';
import { silentLogger } from '../../../src/machinery/logger.ts';
import { realClock } from '../../../src/platform/clock.ts';
import { cleanupProxy } from '../../../src/proxy/proxy.ts';
import { createTestCluster, type TestCluster } from './cluster.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let cluster: TestCluster;

before(async () => {
  world = await createWorld();
  cluster = await createTestCluster(world, 'nftables');
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const vips = { ipv4: '10.96.0.20', ipv6: 'fd00:96::20' };
const vip = vips.ipv4;
const spec = (more: V1ServiceSpec = {}, family: 'ipv4' | 'ipv6' = 'ipv4'): V1ServiceSpec => ({
  type: 'ClusterIP',
  clusterIP: vips[family],
  clusterIPs: [vips[family]],
  ports: [{ port: 80, protocol: 'TCP' }],
  ...more,
});

const byPod = (answers: Record<string, number>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const [answer, count] of Object.entries(answers)) {
    const pod = answer.split(' ')[0]!;
    counts[pod] = (counts[pod] ?? 0) + count;
  }
  return counts;
};

test('three endpoints get equal shares (chi-square)', async () => {
  await cluster.service('even', spec());
  await cluster.endpoints('even', ['a', 'b', 'c']);
  const total = 3000;
  const { answers } = await world.ask('a', vip, 80, { count: total });
  const counts = byPod(answers);
  assert.deepEqual(Object.keys(counts).sort(), ['a', 'b', 'c']);
  const expected = total / 3;
  const chiSquare = Object.values(counts).reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // Two degrees of freedom: a fair choice exceeds this once in a million runs.
  assert.ok(chiSquare < 27.6, `chi-square ${chiSquare} of ${JSON.stringify(counts)}`);
  await cluster.remove('even');
});

test('established connections stay where they are, new ones follow the endpoints', async () => {
  await cluster.service('move', spec());
  await cluster.endpoints('move', ['a']);
  const first = await world.ask('b', vip, 80, { hold: 'kept' });
  assert.deepEqual(byPod(first.answers), { a: 1 });
  await cluster.endpoints('move', ['c']);
  assert.deepEqual(byPod((await world.ask('b', vip, 80, { count: 20 })).answers), { c: 20 });
  assert.deepEqual(byPod((await world.again('b', 'kept')).answers), { a: 1 });
  await cluster.endpoints('move', []);
  assert.deepEqual((await world.ask('b', vip, 80)).answers, { refused: 1 });
  assert.deepEqual(byPod((await world.again('b', 'kept')).answers), { a: 1 });
  await cluster.endpoints('move', ['b']);
  assert.deepEqual(byPod((await world.ask('b', vip, 80)).answers), { b: 1 });
  await cluster.remove('move');
  assert.deepEqual(byPod((await world.again('b', 'kept')).answers), { a: 1 });
});

for (const family of ['ipv4', 'ipv6'] as const)
  describe(`ClientIP affinity, ${family}`, () => {
    const host = vips[family];
    const affinity = (seconds: number): V1ServiceSpec =>
      spec(
        { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: seconds } } },
        family,
      );
    const podOf = async (from: 'a' | 'b' | 'outside', count = 12): Promise<string> => {
      const counts = byPod((await world.ask(from, host, 80, { count })).answers);
      assert.equal(Object.keys(counts).length, 1, `${from} was sent to several: ${JSON.stringify(counts)}`);
      return Object.keys(counts)[0]!;
    };

    test('a client stays with its endpoint, loses it with the endpoint, and others keep theirs', async () => {
      await cluster.service('sticky', affinity(600));
      await cluster.endpoints('sticky', ['a', 'b', 'c']);
      const chosen = await podOf('a');
      const others = await podOf('outside');
      const rest = (['a', 'b', 'c'] as const).filter(pod => pod !== chosen);
      await cluster.endpoints('sticky', rest);
      const next = await podOf('a');
      assert.notEqual(next, chosen);
      if (others !== chosen) assert.equal(await podOf('outside'), others);
      // Back again, but the client has moved on.
      await cluster.endpoints('sticky', ['a', 'b', 'c']);
      assert.equal(await podOf('a'), next);
    });

    test('survives a restart of the proxy, and a full resync', async () => {
      const chosen = await podOf('a');
      await cluster.restart('node1');
      assert.equal(await podOf('a'), chosen);
    });

    test('ends when it is switched off', async () => {
      await cluster.service('sticky', spec({}, family));
      const counts = byPod((await world.ask('a', host, 80, { count: 60 })).answers);
      assert.deepEqual(Object.keys(counts).sort(), ['a', 'b', 'c']);
    });

    test('runs out', async () => {
      await cluster.service('sticky', affinity(1));
      const seen = new Set<string>();
      // Each round is a new choice of three: nine rounds all alike happen once in 6561 runs of a fair choice.
      for (let round = 0; round < 9 && seen.size < 2; round++) {
        seen.add(Object.keys(byPod((await world.ask('b', host, 80)).answers))[0]!);
        await wait(1100);
      }
      assert.ok(seen.size > 1, `always ${[...seen]}`);
      await cluster.remove('sticky');
    });
  });

test('a UDP flow leaves an endpoint that has gone, and one that began before there were endpoints recovers', async () => {
  const udp = spec({ ports: [{ port: 53, protocol: 'UDP' }] });
  const ports = [{ port: 8053, protocol: 'UDP' }];
  const flow = { protocol: 'udp', sourcePort: 40_000, timeoutMs: 600 } as const;
  await cluster.service('udp', udp);
  await cluster.endpoints('udp', [], ports);
  assert.deepEqual((await world.ask('b', vip, 53, flow)).answers, { refused: 1 });
  await cluster.endpoints('udp', ['a'], ports);
  assert.deepEqual(byPod((await world.ask('b', vip, 53, flow)).answers), { a: 1 });
  await cluster.endpoints('udp', ['c'], ports);
  assert.deepEqual(byPod((await world.ask('b', vip, 53, flow)).answers), { c: 1 });
  await cluster.endpoints('udp', [], ports);
  assert.deepEqual((await world.ask('b', vip, 53, flow)).answers, { refused: 1 });
  await cluster.endpoints('udp', ['a'], ports);
  assert.deepEqual(byPod((await world.ask('b', vip, 53, flow)).answers), { a: 1 });
  // A flow to an endpoint that stays is left alone.
  const tracked = await world.namespaces.node1.exec('conntrack', ['-L', '-p', 'udp', '--orig-dst', vip]);
  await cluster.endpoints('udp', ['a', 'c'], ports);
  const after = await world.namespaces.node1.exec('conntrack', ['-L', '-p', 'udp', '--orig-dst', vip]);
  assert.match(tracked, /sport=40000/);
  assert.match(after, /sport=40000/);
  await cluster.remove('udp');
});

test('two Services that claim one external address: the first by name has it, the other takes over', async () => {
  const external = '203.0.113.50';
  const claim = (clusterIP: string): V1ServiceSpec =>
    spec({ clusterIP, clusterIPs: [clusterIP], externalIPs: [external] });
  await cluster.service('y', claim('10.96.0.31'));
  await cluster.endpoints('y', ['c']);
  await cluster.service('x', claim('10.96.0.30'));
  await cluster.endpoints('x', ['a']);
  assert.deepEqual(byPod((await world.ask('outside', external, 80, { count: 10 })).answers), { a: 10 });
  await cluster.remove('x');
  assert.deepEqual(byPod((await world.ask('outside', external, 80, { count: 10 })).answers), { c: 10 });
  await cluster.remove('y');
  assert.deepEqual(cluster.errors, []);
});

test('marks of others pass through', async () => {
  await cluster.service('mark', spec());
  await cluster.endpoints('mark', ['a', 'c']);
  const { node1 } = world.namespaces;
  await node1.exec('nft', ['-f', '-'], {
    input: `add table ip other
add chain ip other set-mark { type filter hook prerouting priority -150; }
add rule ip other set-mark meta mark set 0xabcd1234
add chain ip other see-mark { type filter hook postrouting priority 150; }
add rule ip other see-mark oifname "veth-a" return
add rule ip other see-mark ct status dnat meta mark 0xabcd1234 counter comment "kept"
add rule ip other see-mark ct status dnat meta mark != 0xabcd1234 counter comment "lost"
`,
  });
  await world.ask('b', vip, 80, { count: 20 });
  const listing = await node1.exec('nft', ['list', 'chain', 'ip', 'other', 'see-mark']);
  const packets = (comment: string): number =>
    Number(new RegExp(`packets (\\d+) .*comment "${comment}"`).exec(listing)?.[1]);
  assert.ok(packets('kept') > 0, listing);
  assert.equal(packets('lost'), 0, listing);
  await node1.exec('nft', ['delete', 'table', 'ip', 'other']);
  await cluster.remove('mark');
});

describe('tampering, restarts and removal', () => {
  before(() => cluster[Symbol.asyncDispose]());

  /** Healing costs at most a hundredth of the time, so how soon it comes depends on the machine. */
  const eventually = async (pod: string): Promise<void> => {
    for (let turn = 0; turn < 100; turn++) {
      if (byPod((await world.ask('b', vip, 80)).answers)[pod]) return;
      await wait(200);
    }
    assert.fail(`${pod} never answered`);
  };

  test('what others remove comes back, and a failed write is made up for', async () => {
    await using healing = await createTestCluster(world, 'nftables', { syncPeriodMs: 200 });
    await healing.service('heal', spec());
    await healing.endpoints('heal', ['a']);
    const { node1 } = world.namespaces;
    await node1.exec('nft', ['flush', 'map', 'ip', 'tsukube-proxy', 'vip-services']);
    assert.deepEqual((await world.ask('b', vip, 80)).answers, { refused: 1 });
    await eventually('a');
    await node1.exec('nft', ['delete', 'table', 'ip', 'tsukube-proxy']);
    await healing.endpoints('heal', ['c']);
    await eventually('c');
    await healing.remove('heal');
  });

  test('without a proxy the rules stay; removal leaves nothing, and established connections live on', async () => {
    await using last = await createTestCluster(world, 'nftables');
    await last.service('stay', spec());
    await last.endpoints('stay', ['c']);
    await last.proxies.node1[Symbol.asyncDispose]();
    await last.proxies.node2[Symbol.asyncDispose]();
    assert.deepEqual(byPod((await world.ask('b', vip, 80, { hold: 'last' })).answers), { c: 1 });
    const { node1 } = world.namespaces;
    await node1.exec('nft', ['delete', 'table', 'ip', 'tsukube-proxy']);
    assert.deepEqual(byPod((await world.again('b', 'last')).answers), { c: 1 }, 'the hold table holds');
    const context = { execute: node1.exec, clock: realClock, logger: silentLogger };
    await cleanupProxy('nftables', context);
    await cleanupProxy('nftables', context);
    assert.equal((await node1.exec('nft', ['list', 'tables'])).trim(), '');
  });
});
