import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Random, randomInt, seededRandom } from '../../../machinery/random.ts';
import type { Endpoint, ServiceChange, ServicePort } from '../../model/types.ts';
import type { ModeSettings } from '../mode.ts';
import { createFakeKernel, type FakeKernel } from './kernel-testing.ts';
import { Planner } from './plan.ts';
import { wordsOf } from './words.ts';

const words = wordsOf('ipv4');
const settings: ModeSettings = {
  clusterCIDRs: ['10.244.0.0/16'],
  serviceCIDRs: ['10.96.0.0/16'],
  nodePortRanges: ['192.168.50.11'],
  masqueradeAll: false,
};
const fresh = { fresh: true, leftover: [] };

const endpoint = (last: number, local = false): Endpoint => ({
  address: `10.244.1.${last}`,
  port: 8080,
  local,
});
const port = (more: Partial<ServicePort> = {}): ServicePort => ({
  service: 'default/web',
  name: '',
  protocol: 'TCP',
  port: 80,
  clusterIP: '10.96.0.10',
  nodePort: 0,
  externalIPs: [],
  balancerIPs: [],
  sourceRanges: [],
  affinitySeconds: 0,
  internalLocal: false,
  externalLocal: false,
  cluster: [],
  local: [],
  anywhere: true,
  serving: [],
  ...more,
});
const change = (before: ServicePort[], after: ServicePort[]): ServiceChange => ({
  service: (after[0] ?? before[0])!.service,
  before,
  after,
});

/** A planner whose table is already there. */
function started(...services: ServicePort[][]): Planner {
  const planner = new Planner(words);
  planner.replace(services, settings, fresh);
  return planner;
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);
const t = 'ip tsukube-proxy';

describe('one change, as text', () => {
  const two = port({ cluster: [endpoint(2, true), endpoint(3)] });

  test('a new service: its chain if nobody had it, then its elements', () => {
    assert.deepEqual(lines(started().update([change([], [two])])), [
      `add chain ${t} vip-n2`,
      `add rule ${t} vip-n2 meta priority set numgen random mod 2 offset 65536`,
      `add rule ${t} vip-n2 dnat to ip daddr . meta l4proto . th dport . meta priority map @vip-endpoints`,
      `add element ${t} vip-services { 10.96.0.10 . tcp . 80 : goto vip-n2 }`,
      `add element ${t} vip-endpoints { 10.96.0.10 . tcp . 80 . 0x10000 : 10.244.1.2 . 8080, 10.96.0.10 . tcp . 80 . 0x10001 : 10.244.1.3 . 8080 }`,
      `add element ${t} cluster-ips { 10.96.0.10 }`,
      `add element ${t} hairpin { 10.244.1.2 . 10.244.1.2 }`,
    ]);
  });

  test('an endpoint gone: what moved is replaced, the old chain is emptied and left for later', () => {
    const one = port({ cluster: [endpoint(3)] });
    const planner = started([two]);
    assert.deepEqual(lines(planner.update([change([two], [one])])), [
      `add chain ${t} vip-n1`,
      `add rule ${t} vip-n1 meta priority set numgen random mod 1 offset 65536`,
      `add rule ${t} vip-n1 dnat to ip daddr . meta l4proto . th dport . meta priority map @vip-endpoints`,
      `delete element ${t} vip-services { 10.96.0.10 . tcp . 80 }`,
      `delete element ${t} vip-endpoints { 10.96.0.10 . tcp . 80 . 0x10000, 10.96.0.10 . tcp . 80 . 0x10001 }`,
      `delete element ${t} hairpin { 10.244.1.2 . 10.244.1.2 }`,
      `add element ${t} vip-services { 10.96.0.10 . tcp . 80 : goto vip-n1 }`,
      `add element ${t} vip-endpoints { 10.96.0.10 . tcp . 80 . 0x10000 : 10.244.1.3 . 8080 }`,
      `flush chain ${t} vip-n2`,
    ]);
    assert.equal(planner.tidy().text, `delete chain ${t} vip-n2\n`);
  });

  test('nothing changed: no text at all', () => {
    assert.equal(started([two]).update([change([two], [structuredClone(two)])]), '');
  });

  test('no endpoint anywhere is refused, none here is dropped', () => {
    const none = port({ anywhere: false });
    const elsewhere = port({ internalLocal: true });
    const planner = started();
    assert.match(planner.update([change([], [none])]), /10\.96\.0\.10 \. tcp \. 80 : goto refuse/);
    assert.match(planner.update([change([none], [elsewhere])]), /10\.96\.0\.10 \. tcp \. 80 : drop/);
  });

  test('affinity: slots stay with their endpoints whatever else the service has', () => {
    const slots = (text: string): string[] => text.match(/0x[0-9a-f]{8} : 10\.244\.1\.\d+ \. 8080/g) ?? [];
    const sticky = port({ affinitySeconds: 600, cluster: [endpoint(2), endpoint(3), endpoint(4)] });
    const text = started().update([change([], [sticky])]);
    assert.equal(slots(text).length, 3);
    const fewer = port({ affinitySeconds: 600, cluster: [endpoint(4)] });
    const alone = started().update([change([], [fewer])]);
    assert.ok(slots(text).includes(slots(alone)[0]!));
    assert.match(text, /update @vip-clients \{ ip daddr .* timeout 600s : meta priority \}/);
  });

  test('source ranges: one chain for all services with the same ranges, before translation', () => {
    const guarded = (service: string, ip: string): ServicePort =>
      port({
        service,
        clusterIP: ip,
        balancerIPs: [`203.0.113.${ip.split('.')[3]}`],
        sourceRanges: ['10.0.0.0/8'],
      });
    const text = started().update([
      change([], [guarded('default/a', '10.96.0.1')]),
      change([], [guarded('default/b', '10.96.0.2')]),
    ]);
    assert.equal(text.match(/ip saddr != \{ 10\.0\.0\.0\/8 \} drop/g)?.length, 1);
    assert.equal(text.match(/: jump from-/g)?.length, 2);
  });

  test('the whole table is the same for the same services in any order, and its rules are constant in number', () => {
    const rules = (count: number): number => {
      const services = Array.from({ length: count }, (_, index) => [
        port({ service: `default/s${index}`, clusterIP: `10.96.1.${index}`, cluster: [endpoint(2)] }),
      ]);
      return new Planner(words).replace(services, settings, fresh).match(/^add rule/gm)!.length;
    };
    assert.equal(rules(200), rules(1));
  });
});

/** A random service over few addresses, so that claims, shared pods and equal shapes are common. */
function randomPorts(random: Random, service: string, index: number): ServicePort[] {
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random.next() < 0.5);
  const yes = (share: number): boolean => random.next() < share;
  const pods = [2, 3, 4, 5].map(last => endpoint(last, last < 4));
  const shared = {
    externalIPs: yes(0.3) ? some(['203.0.113.1', '203.0.113.2']) : [],
    balancerIPs: yes(0.3) ? ['203.0.113.2'] : [],
    sourceRanges: yes(0.3) ? ['10.0.0.0/8'] : [],
    affinitySeconds: yes(0.3) ? 60 + 60 * randomInt(random, 2) : 0,
    internalLocal: yes(0.2),
    externalLocal: yes(0.4),
  };
  return Array.from({ length: 1 + randomInt(random, 2) }, (_, number) => {
    const cluster = some(pods);
    return port({
      ...shared,
      service,
      name: `p${number}`,
      port: 80 + number,
      protocol: yes(0.7) ? 'TCP' : 'UDP',
      clusterIP: `10.96.0.${index}`,
      nodePort: yes(0.4) ? 30_000 + randomInt(random, 3) : 0,
      cluster,
      local: cluster.filter(({ local }) => local),
      anywhere: cluster.length > 0,
    });
  });
}

describe('any history of updates leaves what one replacement would', () => {
  const play = (seed: number, apply: (kernel: FakeKernel, text: string) => void): void => {
    const random = seededRandom(seed);
    const kernel = createFakeKernel(t);
    const planner = new Planner(words);
    const world = new Map<string, ServicePort[]>();
    apply(kernel, planner.replace([], settings, fresh));
    for (let step = 0; step < 25; step++) {
      const changes: ServiceChange[] = [];
      for (let count = 1 + randomInt(random, 3); count > 0; count--) {
        const index = randomInt(random, 6);
        const service = `default/s${index}`;
        if (changes.some(known => known.service === service)) continue;
        const before = world.get(service) ?? [];
        const after = random.next() < 0.25 ? [] : randomPorts(random, service, index);
        if (after.length > 0) world.set(service, after);
        else world.delete(service);
        changes.push({ service, before, after });
      }
      apply(kernel, planner.update(changes));
      const roll = random.next();
      if (roll < 0.3) {
        const { text, chains } = planner.tidy();
        apply(kernel, text);
        planner.tidied(chains);
      } else if (roll < 0.4)
        apply(kernel, planner.replace(world.values(), settings, { fresh: false, leftover: [] }));
      const whole = createFakeKernel(t);
      apply(whole, new Planner(words).replace(world.values(), settings, fresh));
      assert.deepEqual(kernel.dump(), whole.dump(), `seed ${seed}, step ${step}`);
    }
    // With everything gone only the static structure is left.
    apply(kernel, planner.update([...world].map(([service, before]) => ({ service, before, after: [] }))));
    apply(kernel, planner.tidy().text);
    const empty = createFakeKernel(t);
    apply(empty, new Planner(words).replace([], settings, fresh));
    assert.deepEqual(kernel.dump(), empty.dump());
    assert.deepEqual(kernel.chainNames(), empty.chainNames());
  };

  test('60 random histories', () => {
    for (let seed = 1; seed <= 60; seed++) play(seed, (kernel, text) => kernel.apply(text));
  });

  test('the interpreter refuses what the kernel refuses', () => {
    const kernel = createFakeKernel(t);
    assert.throws(() => kernel.apply(`add chain ${t} x\n`), /no such table/);
    kernel.apply(`add table ${t}\nadd chain ${t} x\nadd map ${t} m { type x : verdict; }\n`);
    kernel.apply(`add element ${t} m { 1 : goto x }\n`);
    assert.throws(() => kernel.apply(`add element ${t} m { 1 : drop }\n`), /element exists/);
    assert.throws(() => kernel.apply(`delete element ${t} m { 2 }\n`), /no such element/);
    assert.throws(() => kernel.apply(`delete chain ${t} x\n`), /busy/);
    assert.throws(() => kernel.apply(`add element ${t} m { 3 : goto y }\n`), /no such chain y/);
  });
});
