import type { V1Node, V1Pod } from '../api/generated/types.ts';
import { equal } from '../machinery/equality.ts';
import type { LabelSelector } from '../machinery/labels.ts';
import type { Stored } from '../machinery/object.ts';
import { type MatchCount, MatchCounts } from './match-counts.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

const zoneOf = ({ labels }: NodeInfo): string =>
  `${labels['topology.kubernetes.io/region'] ?? ''}|${labels['topology.kubernetes.io/zone'] ?? ''}`;

/** One node of each zone in turn, so that the first nodes looked at are spread (internal/cache/node_tree.go). */
function inTurns(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = zoneOf(info);
    const list = zones.get(zone);
    if (list) list.push(info);
    else zones.set(zone, [info]);
  }
  const lists = [...zones.values()];
  const order: NodeInfo[] = [];
  const longest = Math.max(0, ...lists.map(list => list.length));
  for (let i = 0; i < longest; i++) {
    for (const list of lists) if (list[i]) order.push(list[i]!);
  }
  return order;
}

/**
 * The cluster as the scheduler believes it to be: nodes with their pods, including those assumed there before their binding is seen.
 * Every change is applied as it comes; a scheduling cycle never waits in between, so it needs no copy.
 */
export class Snapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #places = new Map<string, { node: string; uid: string; assumed: boolean }>();
  readonly #counts = new MatchCounts();
  readonly #images = new Map<string, number>();
  #order: NodeInfo[] | undefined;
  /** Nodes that have pods with any affinity, and with required anti-affinity. */
  readonly withAffinity = new Set<NodeInfo>();
  readonly withRequiredAntiAffinity = new Set<NodeInfo>();

  /** Nodes in the order in which they are looked at. */
  get nodes(): readonly NodeInfo[] {
    this.#order ??= inTurns([...this.#nodes.values()].filter(({ node }) => node));
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    const found = this.#nodes.get(name);
    return found?.node ? found : undefined;
  }

  setNode(node: Stored<V1Node>): void {
    const info = this.#info(node.metadata.name);
    const zone = info.node && zoneOf(info);
    const { labels } = info;
    this.#countImages(info, -1);
    info.set(node);
    if (!equal(labels, info.labels)) this.#counts.relabelled();
    this.#countImages(info, 1);
    if (zoneOf(info) !== zone) this.#order = undefined;
  }

  /** Takes over a version of a node that differs in nothing that matters here. */
  refreshNode(node: Stored<V1Node>): void {
    const info = this.#nodes.get(node.metadata.name);
    if (info?.node) info.node = node;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#countImages(info, -1);
    info.node = undefined;
    info.imageSizes = new Map();
    this.#order = undefined;
    if (info.pods.size === 0) this.#nodes.delete(name);
  }

  /** On how many nodes an image lies. */
  nodesWithImage(name: string): number {
    return this.#images.get(name) ?? 0;
  }

  /** The pods of a namespace that a selector matches. */
  countMatching(namespace: string, selector: LabelSelector): MatchCount {
    return this.#counts.of(namespace, selector, () => this.#allPods());
  }

  /** Believes a pod to be on a node before its binding is done. */
  assume(info: PodInfo, node: string): void {
    this.#place(info, node, true);
  }

  /** Takes back what was assumed; no effect once the binding has been seen. */
  forget(info: PodInfo): void {
    const place = this.#places.get(info.key);
    if (place?.assumed && place.uid === info.uid) this.removePod(info.key);
  }

  isAssumed(key: string): boolean {
    return this.#places.get(key)?.assumed ?? false;
  }

  /** A pod that is on a node, as seen. */
  setPod(info: PodInfo, node: string): void {
    this.#place(info, node, false);
  }

  /** Takes over a version of a pod that differs in nothing that matters here. */
  refreshPod(key: string, pod: Stored<V1Pod>): void {
    const info = this.#nodes.get(this.#places.get(key)?.node ?? '')?.pods.get(key);
    if (info?.uid === pod.metadata.uid) info.pod = pod;
  }

  removePod(key: string): boolean {
    const place = this.#places.get(key);
    const info = place && this.#nodes.get(place.node);
    const pod = info?.pods.get(key);
    if (!place || !info || !pod) return false;
    this.#places.delete(key);
    info.removePod(key);
    this.#counts.change(info, pod, -1);
    this.#index(info);
    if (!info.node && info.pods.size === 0) this.#nodes.delete(place.node);
    return true;
  }

  /** Takes a pod away for a trial; what it gives puts the pod back as it was. */
  lift(key: string): () => void {
    const place = this.#places.get(key);
    const pod = place && this.#nodes.get(place.node)?.pods.get(key);
    if (!place || !pod) return () => {};
    this.removePod(key);
    return () => this.#place(pod, place.node, place.assumed);
  }

  #place(pod: PodInfo, node: string, assumed: boolean): void {
    this.removePod(pod.key);
    const info = this.#info(node);
    info.addPod(pod);
    this.#places.set(pod.key, { node, uid: pod.uid, assumed });
    this.#counts.change(info, pod, 1);
    this.#index(info);
  }

  #index(info: NodeInfo): void {
    if (info.withAffinity.size > 0) this.withAffinity.add(info);
    else this.withAffinity.delete(info);
    if (info.withRequiredAntiAffinity.size > 0) this.withRequiredAntiAffinity.add(info);
    else this.withRequiredAntiAffinity.delete(info);
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (!info) this.#nodes.set(name, (info = new NodeInfo(name)));
    return info;
  }

  #countImages({ imageSizes }: NodeInfo, by: 1 | -1): void {
    for (const name of imageSizes.keys()) {
      const count = (this.#images.get(name) ?? 0) + by;
      if (count > 0) this.#images.set(name, count);
      else this.#images.delete(name);
    }
  }

  *#allPods(): Generator<[NodeInfo, PodInfo]> {
    for (const info of this.#nodes.values()) {
      for (const pod of info.pods.values()) yield [info, pod];
    }
  }
}
