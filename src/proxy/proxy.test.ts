// The whole proxy over a fake API, a fake kernel and a clock that stands still.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodes, services } from '../api/generated/resources/core.v1.ts';
import { endpointslices } from '../api/generated/resources/discovery.k8s.io.v1.ts';
import { createFakeClient } from '../client/fake-client.ts';
import { createInformers } from '../client/informers.ts';
import { silentLogger } from '../machinery/logger.ts';
import type { Labels, Metrics } from '../machinery/metrics.ts';
import { seededRandom } from '../machinery/random.ts';
import { createTestClock } from '../testing/clock.ts';
import type { Execute } from './execute.ts';
import type { HealthAnswer } from './health-check-ports.ts';
import { createFakeKernel } from './modes/nftables/kernel-testing.ts';
import { type ProxyOptions, startProxy } from './proxy.ts';

/** nft over the interpreter, IPv4 only; `fail` makes the next transactions fail. */
function createFakeNft() {
  const kernel = createFakeKernel('ip tsukube-proxy');
  const written: string[] = [];
  const state = { fail: 0, kernel, written };
  const execute: Execute = async (program, args, { input = '' } = {}) => {
    if (program === 'conntrack') return '';
    if (/ip6/.test(`${input}${args.join(' ')}`)) throw new Error('no IPv6 here');
    if (args[0] === '--check') return '';
    if (args[0] === 'list')
      return `table ip tsukube-proxy {\n${kernel
        .chainNames()
        .map(name => `\tchain ${name} {\n\t}\n`)
        .join('')}}\n`;
    written.push(input);
    if (state.fail > 0) {
      state.fail--;
      throw new Error('netlink: no buffer space available');
    }
    kernel.apply(input);
    return '';
  };
  return Object.assign(state, { execute });
}

function recordingMetrics() {
  const seen: Record<string, number> = {};
  const note =
    (name: string) =>
    (value = 1, labels: Labels = {}): void => {
      seen[`${name} ${Object.values(labels)}`] = value;
    };
  const metrics: Metrics = {
    counter: name => ({ add: note(name) }),
    gauge: name => ({ set: note(name) }),
    histogram: name => ({ observe: note(name) }),
  };
  return { metrics, seen };
}

async function world(options: Partial<ProxyOptions> = {}) {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const nft = createFakeNft();
  const { metrics, seen } = recordingMetrics();
  const informers = createInformers(client, { clock });
  const context = { client, informers, clock, random: seededRandom(1), logger: silentLogger, metrics };
  const node = client.seed(nodes, {
    metadata: { name: 'here' },
    status: { addresses: [{ type: 'InternalIP', address: '192.168.0.2' }] },
  });
  const start = () =>
    startProxy(context, {
      nodeName: 'here',
      mode: 'nftables',
      clusterCidrs: ['10.244.0.0/16'],
      nodePortAddresses: [],
      execute: nft.execute,
      ...options,
    });
  const service = (name: string, ip: string, more = {}) =>
    client.seed(services, {
      metadata: { name, namespace: 'default' },
      spec: { clusterIP: ip, clusterIPs: [ip], ports: [{ port: 80 }], ...more },
    });
  const slice = (name: string, addresses: string[], annotations = {}) =>
    client.seed(endpointslices, {
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name }, annotations },
      addressType: 'IPv4',
      endpoints: addresses.map(address => ({ addresses: [address], nodeName: 'here' })),
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    });
  const set = (name: string): string[] => nft.kernel.dump().sets[name] ?? [];
  return {
    clock,
    client,
    nft,
    seen,
    start,
    service,
    slice,
    set,
    node,
    [Symbol.asyncDispose]: () => informers[Symbol.asyncDispose](),
  };
}

describe('writing', () => {
  test('nothing is written before all informers have synced, and then everything at once', async () => {
    await using w = await world();
    w.service('a', '10.96.0.1');
    w.slice('a', ['10.244.0.2']);
    let release = (): void => {};
    const gate = new Promise<void>(resolve => (release = resolve));
    w.client.before(({ verb, resource }) =>
      verb === 'list' && resource.resource === 'endpointslices' ? gate : undefined,
    );
    await using proxy = await w.start();
    await w.clock.advance(100);
    assert.deepEqual(w.nft.written, []);
    release();
    await w.clock.settle();
    await proxy.whenSynced;
    assert.equal(w.nft.written.length, 1);
    assert.deepEqual(w.set('vip-services'), ['10.96.0.1 . tcp . 80 : goto vip-n1']);
    assert.deepEqual(w.set('node-port-ips'), ['192.168.0.2']);
  });

  test('the first change is written at once, a burst after it in one go, and an equal object not at all', async () => {
    await using w = await world();
    await using _ = await w.start();
    await w.clock.advance(100);
    const before = w.nft.written.length;
    w.service('a', '10.96.0.1');
    await w.clock.settle();
    assert.equal(w.nft.written.length, before + 1);
    for (let index = 2; index < 50; index++) w.service(`s${index}`, `10.96.0.${index}`);
    await w.clock.advance(5);
    assert.ok(w.nft.written.length <= before + 3, `${w.nft.written.length - before} writes`);
    assert.equal(w.set('vip-services').length, 49);
    const settled = w.nft.written.length;
    const [a] = w.client.all(services).filter(({ metadata }) => metadata.name === 'a');
    await w.client.update(services, { ...a!, metadata: { ...a!.metadata, labels: { x: 'y' } } });
    await w.clock.advance(50);
    assert.equal(w.nft.written.length, settled);
  });

  test('a failed write loses nothing: everything is written again', async () => {
    await using w = await world();
    await using proxy = await w.start();
    await w.clock.advance(10);
    w.nft.fail = 2;
    w.service('a', '10.96.0.1');
    await w.clock.settle();
    assert.deepEqual(w.set('vip-services'), []);
    assert.equal(w.seen['kubeproxy_sync_proxy_rules_nftables_sync_failures_total IPv4'], 1);
    w.slice('a', ['10.244.0.2']);
    await w.clock.advance(1000);
    assert.deepEqual(w.set('vip-services'), ['10.96.0.1 . tcp . 80 : goto vip-n1']);
    assert.equal(proxy.healthz().healthy, true);
  });

  test('what others removed comes back within the sync period', async () => {
    await using w = await world({ syncPeriodMs: 30_000 });
    w.service('a', '10.96.0.1');
    await using _ = await w.start();
    await w.clock.advance(10);
    w.nft.kernel.apply('flush map ip tsukube-proxy vip-services\n');
    await w.clock.advance(30_100);
    assert.equal(w.set('vip-services').length, 1);
    w.nft.kernel.apply('delete table ip tsukube-proxy\n');
    await w.clock.advance(30_100);
    assert.equal(w.set('vip-services').length, 1);
  });

  test('unused chains go some seconds later, also those of an earlier proxy', async () => {
    await using w = await world();
    w.service('a', '10.96.0.1');
    w.slice('a', ['10.244.0.2', '10.244.0.3']);
    {
      await using _ = await w.start();
      await w.clock.advance(10);
    }
    assert.ok(w.nft.kernel.chainNames().includes('vip-n2'), 'an ended proxy keeps its rules');
    const slice = w.client.all(endpointslices)[0]!;
    await w.client.update(endpointslices, { ...slice, endpoints: slice.endpoints!.slice(1) });
    await using _ = await w.start();
    await w.clock.advance(3000);
    assert.ok(!w.nft.kernel.chainNames().includes('vip-n2'));
    assert.ok(w.nft.kernel.chainNames().includes('vip-n1'));
  });

  test("the node's address may come and change", async () => {
    await using w = await world();
    w.service('a', '10.96.0.1', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    await using _ = await w.start();
    await w.clock.advance(10);
    const { node } = w;
    await w.client.updateStatus(nodes, {
      ...node,
      status: { addresses: [{ type: 'InternalIP', address: '192.168.0.3' }] },
    });
    await w.clock.advance(10);
    assert.deepEqual(w.set('node-port-ips'), ['192.168.0.3']);
  });

  test('cleanup leaves nothing', async () => {
    await using w = await world();
    w.service('a', '10.96.0.1');
    const proxy = await w.start();
    await w.clock.advance(10);
    w.nft.fail = 0;
    await proxy.cleanup().catch(error => assert.match(String(error), /no IPv6/));
    assert.deepEqual(w.nft.kernel.chainNames(), []);
  });
});

describe('health and figures', () => {
  test('stale after twice the sync period without success; not eligible while the node is being removed', async () => {
    await using w = await world({ syncPeriodMs: 1000 });
    await using proxy = await w.start();
    await w.clock.advance(10);
    assert.equal(proxy.healthz().healthy, true);
    w.nft.fail = 1e6;
    w.service('a', '10.96.0.1');
    await w.clock.advance(1500);
    assert.equal(proxy.livez().healthy, true);
    await w.clock.advance(1000);
    assert.deepEqual([proxy.healthz().healthy, proxy.livez().healthy], [false, false]);
    w.nft.fail = 0;
    await w.clock.advance(60_000);
    assert.equal(proxy.healthz().healthy, true);
    const { node } = w;
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    await w.client.update(nodes, { ...node, spec: { taints } });
    await w.clock.advance(10);
    assert.deepEqual([proxy.healthz().healthy, proxy.livez().healthy], [false, true]);
    assert.equal(proxy.healthz().body.nodeEligible, false);
  });

  test("network programming is counted from the controller's word", async () => {
    await using w = await world();
    await using _ = await w.start();
    await w.clock.advance(10);
    w.service('a', '10.96.0.1');
    const at = new Date(w.clock.now() - 250).toISOString();
    w.slice('a', ['10.244.0.2'], { 'endpoints.kubernetes.io/last-change-trigger-time': at });
    await w.clock.advance(10);
    const took = w.seen['kubeproxy_network_programming_duration_seconds IPv4'];
    assert.ok(took !== undefined && took >= 0.25 && took < 0.3, String(took));
  });

  test('health check ports open, follow the endpoints, and close', async () => {
    const ports = new Map<number, () => HealthAnswer>();
    await using w = await world({
      openHealthPort: async (port, answer) => {
        ports.set(port, answer);
        return { [Symbol.asyncDispose]: async () => void ports.delete(port) };
      },
    });
    const object = w.service('a', '10.96.0.1', {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32_000,
    });
    await using _ = await w.start();
    await w.clock.advance(10);
    assert.equal(ports.get(32_000)?.().status, 503);
    w.slice('a', ['10.244.0.2', '10.244.0.3']);
    await w.clock.advance(10);
    const answer = ports.get(32_000)!();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['X-Load-Balancing-Endpoint-Weight'], '2');
    assert.deepEqual(JSON.parse(answer.body), {
      service: { namespace: 'default', name: 'a' },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    });
    await w.client.delete(services, object.metadata.name, 'default');
    await w.clock.advance(10);
    assert.equal(ports.size, 0);
  });
});
