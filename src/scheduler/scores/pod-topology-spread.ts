import { requiredNodes } from '../../machinery/node-affinity.ts';
import { defaultConstraints } from '../default-spread.ts';
import { maxScore, type NodeScorer, type ScorePlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { compileConstraints } from '../spread.ts';

const hostname = 'kubernetes.io/hostname';

/** Fewest pods first; 100 for all where there are none. Ignored nodes get 0. */
const normalize =
  (ignored: ReadonlySet<NodeInfo>): NodeScorer['normalize'] =>
  (scores, nodes) => {
    const all = ignored.size === 0;
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (let i = 0; i < scores.length; i++) {
      if (!all && ignored.has(nodes[i]!)) continue;
      min = Math.min(min, scores[i]!);
      max = Math.max(max, scores[i]!);
    }
    for (let i = 0; i < scores.length; i++) {
      if (!all && ignored.has(nodes[i]!)) scores[i] = 0;
      else scores[i] = max === 0 ? maxScore : Math.trunc((maxScore * (max + min - scores[i]!)) / max);
    }
  };

/** Sums over domains by hand, where not every node's pods count. */
function countDomains(
  byNode: ReadonlyMap<NodeInfo, number>,
  topologyKey: string,
  includes: (node: NodeInfo) => boolean,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [node, count] of byNode) {
    if (!node.node || !includes(node)) continue;
    const domain = node.labels[topologyKey] ?? '';
    counts.set(domain, (counts.get(domain) ?? 0) + count);
  }
  return counts;
}

/** Constraints with ScheduleAnyway; for pods without constraints upstream's default ones (plugins/podtopologyspread/scoring.go). */
export const podTopologySpreadScore: ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  prepare(info, { snapshot, lookups }, nodes) {
    const own = (info.pod.spec?.topologySpreadConstraints ?? []).length > 0;
    const constraints = own
      ? compileConstraints(info.pod, ({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway')
      : defaultConstraints(info, lookups);
    if (constraints.length === 0) return undefined;

    const affinity = requiredNodes(info.pod.spec);
    const labelled = ({ labels }: NodeInfo): boolean =>
      constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
    // With the default constraints a node without a zone is still compared by its own pods.
    const ignored = new Set(own ? nodes.filter(node => !labelled(node)) : []);
    const parts = constraints.map(({ topologyKey, selector, maxSkew, includes }) => {
      const found = snapshot.countMatching(info.namespace, selector);
      if (topologyKey === hostname) {
        return {
          topologyKey,
          maxSkew,
          weight: Math.log(nodes.length - ignored.size + 2),
          byNode: found.byNode,
        };
      }
      const everyNode = !own && !affinity;
      const byDomain = everyNode
        ? found.byDomain(topologyKey)
        : countDomains(
            found.byNode,
            topologyKey,
            node => (!own || labelled(node)) && includes(node, affinity),
          );
      const domains = new Set<string>();
      for (const node of nodes) if (!ignored.has(node)) domains.add(node.labels[topologyKey] ?? '');
      return { topologyKey, maxSkew, weight: Math.log(domains.size + 2), byDomain };
    });

    return {
      score(node) {
        if (ignored.has(node)) return 0;
        let score = 0;
        for (const { topologyKey, weight, maxSkew, byNode, byDomain } of parts) {
          const domain = node.labels[topologyKey];
          if (domain === undefined) continue;
          const count = byNode ? byNode.get(node) : byDomain?.get(domain);
          score += (count ?? 0) * weight + maxSkew - 1;
        }
        return Math.round(score);
      },
      normalize: normalize(ignored),
    };
  },
};
