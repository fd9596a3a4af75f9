import { defaultConstraints } from '../default-spread.ts';
import { maxScore, type NodeScorer, type ScorePlugin } from '../framework.ts';
import { requiredNodes } from '../node-affinity.ts';
import type { NodeInfo } from '../node-info.ts';
import { compileConstraints } from '../spread.ts';

const hostname = 'kubernetes.io/hostname';

/** Fewest pods first; 100 for all where there are none. Ignored nodes get 0. */
const normalize =
  (ignored: ReadonlySet<NodeInfo>): NodeScorer['normalize'] =>
  (scores, nodes) => {
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (const [i, node] of nodes.entries()) {
      if (ignored.has(node)) continue;
      min = Math.min(min, scores[i]!);
      max = Math.max(max, scores[i]!);
    }
    for (const [i, node] of nodes.entries()) {
      if (ignored.has(node)) scores[i] = 0;
      else scores[i] = max === 0 ? maxScore : Math.trunc((maxScore * (max + min - scores[i]!)) / max);
    }
  };

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
    // With the default constraints a node without a zone is still compared by its own pods.
    const labelled = ({ labels }: NodeInfo): boolean =>
      !own || constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
    const ignored = new Set(nodes.filter(node => !labelled(node)));
    const parts = constraints.map(constraint => {
      const { topologyKey, selector, maxSkew } = constraint;
      const byNode = snapshot.countMatching(info.namespace, selector);
      if (topologyKey === hostname) {
        const weight = Math.log(nodes.length - ignored.size + 2);
        const count = ({ name, labels }: NodeInfo): number | undefined =>
          labels[hostname] === undefined ? undefined : (byNode.get(name) ?? 0);
        return { weight, maxSkew, count };
      }
      const domains = new Map<string | undefined, number>();
      for (const node of nodes) if (!ignored.has(node)) domains.set(node.labels[topologyKey], 0);
      for (const [name, count] of byNode) {
        const node = snapshot.node(name);
        if (!node || !labelled(node) || !constraint.includes(node, affinity)) continue;
        const domain = node.labels[topologyKey];
        const known = domains.get(domain);
        if (known !== undefined) domains.set(domain, known + count);
      }
      const count = ({ labels }: NodeInfo): number | undefined =>
        labels[topologyKey] === undefined ? undefined : domains.get(labels[topologyKey]);
      return { weight: Math.log(domains.size + 2), maxSkew, count };
    });

    return {
      score(node) {
        if (ignored.has(node)) return 0;
        let score = 0;
        for (const { weight, maxSkew, count } of parts) {
          const found = count(node);
          if (found !== undefined) score += found * weight + maxSkew - 1;
        }
        return Math.round(score);
      },
      normalize: normalize(ignored),
    };
  },
};
