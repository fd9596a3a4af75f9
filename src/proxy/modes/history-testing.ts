// Random histories of services for tests of every mode: few addresses, so that claims, shared pods and equal shapes are common.
import { type Random, randomInt } from '../../machinery/random.ts';
import type { Endpoint, ServiceChange, ServicePort } from '../model/types.ts';
import type { ModeSettings } from './mode.ts';

export const settings: ModeSettings = {
  clusterCIDRs: ['10.244.0.0/16'],
  serviceCIDRs: ['10.96.0.0/16'],
  nodePortRanges: ['192.168.50.11'],
  masqueradeAll: false,
};
export const endpoint = (last: number, local = false): Endpoint => ({
  address: `10.244.1.${last}`,
  port: 8080,
  local,
});
/** A Service's port with nothing special about it. */
export const port = (more: Partial<ServicePort> = {}): ServicePort => ({
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

/** Steps of a few changes each, with the world after each. */
export function* randomHistory(
  random: Random,
  steps: number,
): Generator<{ changes: ServiceChange[]; world: ReadonlyMap<string, ServicePort[]> }> {
  const world = new Map<string, ServicePort[]>();
  for (let step = 0; step < steps; step++) {
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
    yield { changes, world: new Map(world) };
  }
}
