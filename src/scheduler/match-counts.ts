import type { LabelSelector } from '../machinery/labels.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** How many pods of a namespace a selector matches. Terminating pods do not count. */
export interface MatchCount {
  /** Nodes with none are not in it. */
  readonly byNode: ReadonlyMap<NodeInfo, number>;
  /** By the value of a node label; nodes without the label count for the value ''. */
  byDomain(label: string): ReadonlyMap<string, number>;
}

class Counter implements MatchCount {
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly byNode = new Map<NodeInfo, number>();
  readonly #domains = new Map<string, Map<string, number>>();

  constructor(namespace: string, selector: LabelSelector) {
    this.namespace = namespace;
    this.selector = selector;
  }

  byDomain(label: string): ReadonlyMap<string, number> {
    let counts = this.#domains.get(label);
    if (counts) return counts;
    counts = new Map();
    for (const [{ labels }, count] of this.byNode) {
      const domain = labels[label] ?? '';
      counts.set(domain, (counts.get(domain) ?? 0) + count);
    }
    this.#domains.set(label, counts);
    return counts;
  }

  change(node: NodeInfo, { namespace, pod }: PodInfo, by: 1 | -1): void {
    if (namespace !== this.namespace || pod.metadata.deletionTimestamp) return;
    if (!this.selector.matches(pod.metadata.labels)) return;
    const count = (this.byNode.get(node) ?? 0) + by;
    if (count > 0) this.byNode.set(node, count);
    else this.byNode.delete(node);
    for (const [label, counts] of this.#domains) {
      const domain = node.labels[label] ?? '';
      counts.set(domain, (counts.get(domain) ?? 0) + by);
    }
  }

  forgetDomains(): void {
    this.#domains.clear();
  }
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
  of(namespace: string, selector: LabelSelector, pods: () => Iterable<[NodeInfo, PodInfo]>): MatchCount {
    const id = `${namespace}|${selector.toString()}`;
    const known = this.#counters.get(id);
    if (known) return known;
    if (this.#counters.size >= limit) {
      this.#counters.clear();
      this.#byNamespace.clear();
    }
    const counter = new Counter(namespace, selector);
    for (const [node, info] of pods()) counter.change(node, info, 1);
    this.#counters.set(id, counter);
    const siblings = this.#byNamespace.get(namespace);
    if (siblings) siblings.add(counter);
    else this.#byNamespace.set(namespace, new Set([counter]));
    return counter;
  }

  change(node: NodeInfo, info: PodInfo, by: 1 | -1): void {
    for (const counter of this.#byNamespace.get(info.namespace) ?? []) counter.change(node, info, by);
  }

  /** Nodes' labels have changed. */
  relabelled(): void {
    for (const counter of this.#counters.values()) counter.forgetDomains();
  }
}
