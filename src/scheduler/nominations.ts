import type { PodInfo } from './pod-info.ts';

/** Nodes kept free for pods that have preempted others there and wait for these to end. */
export class Nominations {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodes = new Map<string, string>();

  set(info: PodInfo, node: string): void {
    this.remove(info.uid);
    this.#nodes.set(info.uid, node);
    const pods = this.#byNode.get(node);
    if (pods) pods.set(info.uid, info);
    else this.#byNode.set(node, new Map([[info.uid, info]]));
  }

  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    const pods = this.#byNode.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#byNode.delete(node);
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodes.get(uid);
  }

  get empty(): boolean {
    return this.#nodes.size === 0;
  }

  /** Pods nominated to the node that go before this one. */
  before(pod: PodInfo, node: string): PodInfo[] {
    const pods = this.#byNode.get(node);
    if (!pods) return [];
    return [...pods.values()].filter(other => other.uid !== pod.uid && other.priority >= pod.priority);
  }

  /** Pods nominated to the node that this one pushes out. */
  after(pod: PodInfo, node: string): PodInfo[] {
    const pods = this.#byNode.get(node);
    if (!pods) return [];
    return [...pods.values()].filter(other => other.uid !== pod.uid && other.priority < pod.priority);
  }
}
