import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../machinery/random.ts';
import type { ServiceChange, ServicePort } from '../../model/types.ts';
import { endpoint, port, randomHistory, settings } from '../history-testing.ts';
import { createFakeKernel, type FakeKernel } from './kernel-testing.ts';
import { Planner } from './plan.ts';
import { wordsOf } from './words.ts';

const words = wordsOf('ipv4');
const fresh = { fresh: true, leftover: [] };

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

describe('any history of updates leaves what one replacement would', () => {
  const play = (seed: number): void => {
    const kernel = createFakeKernel(t);
    const planner = new Planner(words);
    const replay = (services: Iterable<readonly ServicePort[]>): FakeKernel => {
      const whole = createFakeKernel(t);
      whole.apply(new Planner(words).replace(services, settings, fresh));
      return whole;
    };
    kernel.apply(planner.replace([], settings, fresh));
    const random = seededRandom(seed);
    let world: ReadonlyMap<string, ServicePort[]> = new Map();
    for (const step of randomHistory(random, 25)) {
      kernel.apply(planner.update(step.changes));
      world = step.world;
      const roll = random.next();
      if (roll < 0.3) {
        const { text, chains } = planner.tidy();
        kernel.apply(text);
        planner.tidied(chains);
      } else if (roll < 0.4)
        kernel.apply(planner.replace(world.values(), settings, { fresh: false, leftover: [] }));
      assert.deepEqual(kernel.dump(), replay(world.values()).dump(), `seed ${seed}`);
    }
    // With everything gone only the static structure is left.
    kernel.apply(planner.update([...world].map(([service, before]) => ({ service, before, after: [] }))));
    kernel.apply(planner.tidy().text);
    assert.deepEqual(kernel.dump(), replay([]).dump());
    assert.deepEqual(kernel.chainNames(), replay([]).chainNames());
  };

  test('60 random histories', () => {
    for (let seed = 1; seed <= 60; seed++) play(seed);
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
