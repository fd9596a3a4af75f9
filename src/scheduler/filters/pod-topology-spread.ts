import type { V1TopologySpreadConstraint } from '../../api/generated/types.ts';
import { requiredNodes } from '../../machinery/node-affinity.ts';
import type { FilterPlugin, NodeFilter, Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';
import { compileConstraints, type SpreadConstraint } from '../spread.ts';

const skewed: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints"],
  unresolvable: false,
};
const unlabelled: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
};

interface Domains {
  constraint: SpreadConstraint;
  counts: Map<string, number>;
  /** The fewest pods in any domain; none if there are fewer domains than `minDomains`. */
  least: number;
  selfMatch: number;
}

function countDomains(
  info: PodInfo,
  snapshot: Snapshot,
  constraints: readonly SpreadConstraint[],
): Domains[] {
  const affinity = requiredNodes(info.pod.spec);
  const labelled = (node: NodeInfo): boolean =>
    constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);
  const nodes = snapshot.nodes.filter(labelled);
  return constraints.map(constraint => {
    const { topologyKey, selector, minDomains } = constraint;
    const { byNode } = snapshot.countMatching(info.namespace, selector);
    const counts = new Map<string, number>();
    for (const node of nodes) {
      if (!constraint.includes(node, affinity)) continue;
      const domain = node.labels[topologyKey]!;
      counts.set(domain, (counts.get(domain) ?? 0) + (byNode.get(node) ?? 0));
    }
    const least = counts.size < minDomains ? 0 : Math.min(...counts.values());
    const selfMatch = selector.matches(info.pod.metadata.labels) ? 1 : 0;
    return { constraint, counts, least, selfMatch };
  });
}

const filterBy =
  (all: readonly Domains[]): NodeFilter =>
  ({ labels }) => {
    for (const { constraint, counts, least, selfMatch } of all) {
      const domain = labels[constraint.topologyKey];
      if (domain === undefined) return unlabelled;
      const skew = (counts.get(domain) ?? 0) + selfMatch - (counts.size === 0 ? 0 : least);
      if (skew > constraint.maxSkew) return skewed;
    }
    return undefined;
  };

/** Constraints with DoNotSchedule. */
export const podTopologySpread: FilterPlugin = {
  name: 'PodTopologySpread',
  events: ['node-added', 'node-labels', 'node-taints', 'pod-added', 'pod-deleted'],
  prepare(info, { snapshot }) {
    const hard = (constraint: V1TopologySpreadConstraint): boolean =>
      constraint.whenUnsatisfiable === 'DoNotSchedule';
    const constraints = compileConstraints(info.pod, hard);
    if (constraints.length === 0) return undefined;
    return { filter: filterBy(countDomains(info, snapshot, constraints)) };
  },
};
