import { type Random, randomInt } from '../machinery/random.ts';
import type { FilterPlugin, NodeFilter, Rejection, ScorePlugin, View } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

export interface Plugins {
  filters: readonly FilterPlugin[];
  scores: readonly ScorePlugin[];
}

/** Why a pod found no node. */
export interface Refusal {
  /** How many nodes there are. */
  nodes: number;
  /** What names no node, as upstream's PreFilter message. */
  message: string | undefined;
  rejections: ReadonlyMap<NodeInfo, Rejection>;
  /** Names of the filters that rejected. */
  plugins: ReadonlySet<string>;
}

export type Selection = { node: NodeInfo } | { refusal: Refusal };

const enough = 100;

/** How many feasible nodes are looked for: all of 100, then a share that falls from 50 % to 5 % (pkg/scheduler/schedule_one.go). */
export function feasibleWanted(nodes: number): number {
  if (nodes < enough) return nodes;
  const percent = Math.max(5, 50 - Math.trunc(nodes / 125));
  return Math.max(enough, Math.trunc((nodes * percent) / 100));
}

interface Prepared {
  filters: { name: string; filter: NodeFilter }[];
  nodeNames: ReadonlySet<string> | undefined;
  /** The filters that restricted `nodeNames`. */
  restricting: string[];
}

/** Chooses nodes for pods one after the other; only where it stopped looking is kept in between. */
export class NodeSelector {
  readonly #plugins: Plugins;
  readonly #random: Random;
  #start = 0;

  constructor(plugins: Plugins, random: Random) {
    this.#plugins = plugins;
    this.#random = random;
  }

  select(pod: PodInfo, view: View): Selection {
    const { nodes } = view.snapshot;
    const prepared: Prepared = { filters: [], nodeNames: undefined, restricting: [] };
    for (const plugin of this.#plugins.filters) {
      const own = plugin.prepare(pod, view);
      if (own?.reject !== undefined) {
        const plugins = new Set([plugin.name]);
        return { refusal: { nodes: nodes.length, message: own.reject, rejections: new Map(), plugins } };
      }
      if (own?.nodeNames) {
        const before = prepared.nodeNames;
        prepared.nodeNames = before
          ? new Set([...before].filter(name => own.nodeNames?.has(name)))
          : own.nodeNames;
        prepared.restricting.push(plugin.name);
      }
      if (own?.filter) prepared.filters.push({ name: plugin.name, filter: own.filter });
    }
    const found = this.#findFeasible(pod, view, prepared);
    if ('refusal' in found) return found;
    const { feasible } = found;
    return { node: feasible.length === 1 ? feasible[0]! : this.#best(pod, view, feasible) };
  }

  #findFeasible(
    pod: PodInfo,
    { snapshot, nominations }: View,
    prepared: Prepared,
  ): { feasible: NodeInfo[] } | { refusal: Refusal } {
    const all = snapshot.nodes;
    const { nodeNames, restricting } = prepared;
    const nodes = nodeNames ? all.filter(({ name }) => nodeNames.has(name)) : all;
    const rejections = new Map<NodeInfo, Rejection>();
    const plugins = new Set<string>();
    const feasible: NodeInfo[] = [];
    const wanted = feasibleWanted(nodes.length);
    let looked = 0;
    for (; looked < nodes.length && feasible.length < wanted; looked++) {
      const node = nodes[(this.#start + looked) % nodes.length]!;
      const before = nominations.empty ? [] : nominations.before(pod, node.name);
      // What is kept free for others counts as taken.
      for (const other of before) node.addPod(other);
      const rejection = this.#check(node, prepared, plugins);
      for (const { key } of before) node.removePod(key);
      if (rejection) rejections.set(node, rejection);
      else feasible.push(node);
    }
    if (!nodeNames) this.#start = nodes.length === 0 ? 0 : (this.#start + looked) % nodes.length;
    if (feasible.length > 0) return { feasible };
    if (nodeNames) {
      const reason = `node(s) didn't satisfy plugin(s) [${restricting.join(' ')}]`;
      const elsewhere: Rejection = { reasons: [reason], unresolvable: true };
      for (const node of all) if (!nodeNames.has(node.name)) rejections.set(node, elsewhere);
      for (const name of restricting) plugins.add(name);
    }
    return { refusal: { nodes: all.length, message: undefined, rejections, plugins } };
  }

  #check(node: NodeInfo, { filters }: Prepared, plugins: Set<string>): Rejection | undefined {
    for (const { name, filter } of filters) {
      const rejection = filter(node);
      if (rejection) {
        plugins.add(name);
        return rejection;
      }
    }
    return undefined;
  }

  #best(pod: PodInfo, view: View, nodes: readonly NodeInfo[]): NodeInfo {
    const totals = new Float64Array(nodes.length);
    for (const plugin of this.#plugins.scores) {
      const scorer = plugin.prepare(pod, view, nodes);
      if (!scorer) continue;
      const scores = nodes.map(node => scorer.score(node));
      scorer.normalize?.(scores, nodes);
      for (let i = 0; i < scores.length; i++) totals[i]! += scores[i]! * plugin.weight;
    }
    let best = 0;
    let ties = 1;
    for (let i = 1; i < nodes.length; i++) {
      if (totals[i]! > totals[best]!) {
        best = i;
        ties = 1;
      } else if (totals[i] === totals[best] && randomInt(this.#random, ++ties) === 0) best = i;
    }
    return nodes[best]!;
  }
}
