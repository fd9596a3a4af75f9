// Frontends -> elements of the sets and maps.
import type { ServicePort } from '../../model/types.ts';
import type { ModeSettings } from '../mode.ts';
import {
  affinityChain,
  bindingChain,
  choiceKey,
  firstChoice,
  type MadeChain,
  randomChain,
  sourcesChain,
} from './chains.ts';
import { type Frontend, frontendsOf } from './frontends.ts';
import { hash32, lanes, type Words } from './words.ts';

/** Takes elements one by one. `chain` is the chain that a verdict leads to, which must exist before. */
export interface Sink {
  element(set: string, key: string, value?: string): void;
  verdict(set: string, key: string, verb: 'goto' | 'jump', chain: MadeChain): void;
}

/** Slots end before the last value, which is reserved. */
const slotBase = firstChoice;
const slotRange = 0xfffffffe - slotBase;

/** A number for each endpoint, the same whatever else the service has (but for a rare collision, settled in sorted order). */
export function slotsOf(endpoints: readonly { address: string; port: number }[]): string[] {
  const taken = new Set<number>();
  return endpoints.map(({ address, port }) => {
    let slot = slotBase + (hash32(`${address} ${port}`) % slotRange);
    while (taken.has(slot)) slot = slot + 1 > slotBase + slotRange ? slotBase : slot + 1;
    taken.add(slot);
    return `0x${slot.toString(16).padStart(8, '0')}`;
  });
}

function backends(frontend: Frontend, words: Words, sink: Sink): void {
  const lane = lanes[frontend.lane];
  const { key, endpoints, affinity } = frontend;
  const services = `${lane.name}-services`;
  if (endpoints.length === 0) {
    sink.element(services, key, frontend.anywhere ? 'drop' : 'goto refuse');
    return;
  }
  if (affinity === 0) {
    const map = `${lane.name}-endpoints`;
    sink.verdict(services, key, 'goto', randomChain(lane, endpoints.length, words));
    for (const [index, { address, port }] of endpoints.entries())
      sink.element(map, `${key} . ${choiceKey(index)}`, `${address} . ${port}`);
    return;
  }
  sink.verdict(services, key, 'goto', affinityChain(lane, endpoints.length, words));
  const binding = bindingChain(lane, affinity, words);
  for (const [index, slot] of slotsOf(endpoints).entries()) {
    const { address, port } = endpoints[index]!;
    sink.element(`${lane.name}-choices`, `${key} . ${choiceKey(index)}`, slot);
    sink.verdict(`${lane.name}-bindings`, `${key} . ${slot}`, 'goto', binding);
    sink.element(`${lane.name}-slots`, `${key} . ${slot}`, `${address} . ${port}`);
  }
}

/** All elements of one frontend. */
export function frontendElements(frontend: Frontend, words: Words, sink: Sink): void {
  const { key, lane, masquerade, sources } = frontend;
  backends(frontend, words, sink);
  if (masquerade) {
    const base = lane === 'vip' || lane === 'vip-in' ? 'vip' : 'port';
    sink.element(masquerade === 'all' ? `${base}-masquerade` : `${base}-host-masquerade`, key);
  }
  if (sources.length > 0) sink.verdict('vip-sources', key, 'jump', sourcesChain(sources, words));
}

/** Sets whose elements several services may want; the planner counts them. */
const sharedSets = ['cluster-ips', 'external-ips', 'hairpin'] as const;

/** What one service asks for, in the planner's terms. */
export interface ServicePlan {
  /** Each key once: the first frontend that names it has it. */
  readonly frontends: readonly Frontend[];
  /** `set key` of the shared sets' elements, each once. */
  readonly shared: readonly (readonly [set: string, key: string])[];
}

export function servicePlan(ports: readonly ServicePort[], settings: ModeSettings): ServicePlan {
  const frontends = new Map<string, Frontend>();
  const shared = new Map<string, readonly [string, string]>();
  const share = (set: (typeof sharedSets)[number], key: string): void => {
    shared.set(`${set} ${key}`, [set, key]);
  };
  for (const port of ports) {
    for (const frontend of frontendsOf(port, settings)) {
      const id = claimKey(frontend);
      if (!frontends.has(id)) frontends.set(id, frontend);
      if (frontend.clusterIP) share('cluster-ips', frontend.clusterIP);
      if (frontend.externalIP) share('external-ips', frontend.externalIP);
    }
    for (const list of [port.cluster, port.local])
      for (const { address, local } of list) if (local) share('hairpin', `${address} . ${address}`);
  }
  return { frontends: [...frontends.values()], shared: [...shared.values()] };
}

/** What only one service at a time may have. */
export const claimKey = ({ lane, key }: Frontend): string => `${lane} ${key}`;
