import { type AffinityTerm, termMatches } from '../affinity-terms.ts';
import type { FilterPlugin, Rejection, View } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';

const affinityFails: Rejection = {
  reasons: ["node(s) didn't match pod affinity rules"],
  unresolvable: true,
};
const antiAffinityFails: Rejection = {
  reasons: ["node(s) didn't match pod anti-affinity rules"],
  unresolvable: false,
};
const existingFails: Rejection = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  unresolvable: false,
};

/** Domains by topology key. */
class Domains {
  readonly #byKey = new Map<string, Set<string>>();

  add({ topologyKey }: AffinityTerm, { labels }: NodeInfo): void {
    const value = labels[topologyKey];
    if (value === undefined) return;
    const values = this.#byKey.get(topologyKey);
    if (values) values.add(value);
    else this.#byKey.set(topologyKey, new Set([value]));
  }

  /** True if the node lies in any of them. */
  include({ labels }: NodeInfo): boolean {
    for (const [key, values] of this.#byKey) {
      const value = labels[key];
      if (value !== undefined && values.has(value)) return true;
    }
    return false;
  }

  get empty(): boolean {
    return this.#byKey.size === 0;
  }
}

/** Domains that the anti-affinity of pods which are there keeps this pod from. */
function forbiddenByOthers({ pod }: PodInfo, { snapshot, lookups }: View): Domains {
  const domains = new Domains();
  for (const node of snapshot.withRequiredAntiAffinity) {
    for (const { terms } of node.withRequiredAntiAffinity.values()) {
      for (const term of terms.requiredAntiAffinity) {
        if (termMatches(term, pod, lookups.namespaceLabels)) domains.add(term, node);
      }
    }
  }
  return domains;
}

/** For each term the domains with pods that `matches` takes. */
function domainsOf(
  terms: readonly AffinityTerm[],
  { snapshot }: View,
  matches: (term: AffinityTerm, pod: PodInfo['pod']) => boolean,
): Domains[] {
  const found = terms.map(() => new Domains());
  if (terms.length === 0) return found;
  for (const node of snapshot.nodes) {
    for (const { pod } of node.pods.values()) {
      for (const [i, term] of terms.entries()) if (matches(term, pod)) found[i]!.add(term, node);
    }
  }
  return found;
}

/** Required affinity and anti-affinity between pods, both this pod's own and those of pods that are there. */
export const interPodAffinity: FilterPlugin = {
  name: 'InterPodAffinity',
  events: ['node-added', 'node-labels', 'pod-added', 'pod-deleted', 'namespace'],
  prepare(info, view) {
    const { requiredAffinity, requiredAntiAffinity } = info.terms;
    const others = forbiddenByOthers(info, view);
    if (others.empty && requiredAffinity.length === 0 && requiredAntiAffinity.length === 0) return undefined;
    const labelsOf = view.lookups.namespaceLabels;
    const all = (pod: PodInfo['pod']): boolean =>
      requiredAffinity.every(term => termMatches(term, pod, labelsOf));
    // A pod that is there counts for affinity if it matches all of the terms.
    const near = domainsOf(requiredAffinity, view, (_, pod) => all(pod));
    const away = domainsOf(requiredAntiAffinity, view, (term, pod) => termMatches(term, pod, labelsOf));
    // The first of a group whose pods want to be together: nobody is there to be near to.
    const first = near.every(domains => domains.empty) && all(info.pod);

    return {
      filter(node) {
        for (const [i, { topologyKey }] of requiredAffinity.entries()) {
          const labelled = node.labels[topologyKey] !== undefined;
          if (!labelled || (!first && !near[i]!.include(node))) return affinityFails;
        }
        if (away.some(domains => domains.include(node))) return antiAffinityFails;
        return others.include(node) ? existingFails : undefined;
      },
    };
  },
};
