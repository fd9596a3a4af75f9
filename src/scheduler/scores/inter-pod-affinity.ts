import { type AffinityTerm, termMatches } from '../affinity-terms.ts';
import { maxScore, type ScorePlugin, type View } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';

/** What the required affinity of a pod that is there is worth to those it wants near. */
const hardWeight = 1;

/** Worth of each domain, by `key=value`. */
class Worth {
  readonly #byDomain = new Map<string, Map<string, number>>();

  add({ topologyKey }: AffinityTerm, { labels }: NodeInfo, weight: number): void {
    const value = labels[topologyKey];
    if (value === undefined) return;
    let values = this.#byDomain.get(topologyKey);
    if (!values) this.#byDomain.set(topologyKey, (values = new Map()));
    values.set(value, (values.get(value) ?? 0) + weight);
  }

  of({ labels }: NodeInfo): number {
    let sum = 0;
    for (const [key, values] of this.#byDomain) sum += values.get(labels[key] ?? '') ?? 0;
    return sum;
  }

  get empty(): boolean {
    return this.#byDomain.size === 0;
  }
}

function wishesOfOthers({ pod }: PodInfo, { snapshot, lookups }: View, worth: Worth): void {
  const about = (term: AffinityTerm): boolean => termMatches(term, pod, lookups.namespaceLabels);
  for (const node of snapshot.withAffinity) {
    for (const { terms } of node.withAffinity.values()) {
      for (const term of terms.requiredAffinity) if (about(term)) worth.add(term, node, hardWeight);
      for (const { term, weight } of terms.preferredAffinity) if (about(term)) worth.add(term, node, weight);
      for (const { term, weight } of terms.preferredAntiAffinity)
        if (about(term)) worth.add(term, node, -weight);
    }
  }
}

function ownWishes({ terms }: PodInfo, { snapshot, lookups }: View, worth: Worth): void {
  const { preferredAffinity, preferredAntiAffinity } = terms;
  if (preferredAffinity.length === 0 && preferredAntiAffinity.length === 0) return;
  for (const node of snapshot.nodes) {
    for (const { pod } of node.pods.values()) {
      const about = (term: AffinityTerm): boolean => termMatches(term, pod, lookups.namespaceLabels);
      for (const { term, weight } of preferredAffinity) if (about(term)) worth.add(term, node, weight);
      for (const { term, weight } of preferredAntiAffinity) if (about(term)) worth.add(term, node, -weight);
    }
  }
}

/** Preferred affinity and anti-affinity between pods, both ways. */
export const interPodAffinityScore: ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  prepare(info, view) {
    const worth = new Worth();
    wishesOfOthers(info, view, worth);
    ownWishes(info, view, worth);
    if (worth.empty) return undefined;
    return {
      score: node => worth.of(node),
      normalize(scores) {
        const min = Math.min(...scores);
        const difference = Math.max(...scores) - min;
        for (let i = 0; i < scores.length; i++) {
          scores[i] = difference === 0 ? 0 : Math.trunc((maxScore * (scores[i]! - min)) / difference);
        }
      },
    };
  },
};
