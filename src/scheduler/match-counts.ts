import type { LabelSelector } from '../machinery/labels.ts';
import type { PodInfo } from './pod-info.ts';

/** How many pods of a namespace a selector matches on each node; nodes with none are not in it. Terminating pods do not count. */
export type CountByNode = ReadonlyMap<string, number>;

interface Counter {
  namespace: string;
  selector: LabelSelector;
  counts: Map<string, number>;
}

const limit = 1000;

/**
 * Counts that stay: the pods of one ReplicaSet all ask for the same ones, so each is made by one pass over the pods
 * and then follows every change.
 */
export class MatchCounts {
  readonly #counters = new Map<string, Counter>();
  readonly #byNamespace = new Map<string, Set<Counter>>();

  /** `pods` gives all pods on nodes, for a count that is not kept yet. */
  of(namespace: string, selector: LabelSelector, pods: () => Iterable<[string, PodInfo]>): CountByNode {
    const id = `${namespace}|${selector.toString()}`;
    const known = this.#counters.get(id);
    if (known) return known.counts;
    if (this.#counters.size >= limit) this.#clear();
    const counter: Counter = { namespace, selector, counts: new Map() };
    for (const [node, info] of pods()) this.#count(counter, node, info, 1);
    this.#counters.set(id, counter);
    const siblings = this.#byNamespace.get(namespace);
    if (siblings) siblings.add(counter);
    else this.#byNamespace.set(namespace, new Set([counter]));
    return counter.counts;
  }

  change(node: string, info: PodInfo, by: 1 | -1): void {
    for (const counter of this.#byNamespace.get(info.namespace) ?? []) this.#count(counter, node, info, by);
  }

  #count(
    { namespace, selector, counts }: Counter,
    node: string,
    { pod, ...info }: PodInfo,
    by: 1 | -1,
  ): void {
    if (info.namespace !== namespace || pod.metadata.deletionTimestamp) return;
    if (!selector.matches(pod.metadata.labels)) return;
    const count = (counts.get(node) ?? 0) + by;
    if (count > 0) counts.set(node, count);
    else counts.delete(node);
  }

  #clear(): void {
    this.#counters.clear();
    this.#byNamespace.clear();
  }
}
