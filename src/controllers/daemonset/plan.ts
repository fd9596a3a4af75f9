// Which Pods of a DaemonSet to start and end in this round (upstream: pkg/controller/daemon: podsShouldBeOnNode, update.go).
import type { V1DaemonSet, V1DaemonSetStatus, V1Node, V1Pod } from '../../api/generated/types.ts';
import { scaledValue } from '../../machinery/intstr.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodAvailable, isPodReady } from '../common/pods.ts';
import { revisionLabel } from '../common/revision-history.ts';
import { verdictOn } from './placement.ts';

type Pod = Stored<V1Pod>;

export interface Situation {
  set: Stored<V1DaemonSet>;
  nodes: readonly Stored<V1Node>[];
  /** Pods of the set by the node they are on or meant for. */
  byNode: ReadonlyMap<string, Pod[]>;
  hash: string;
  now: number;
}

export interface Plan {
  /** Names of nodes that need a Pod. */
  create: string[];
  remove: Pod[];
  /** Ended Pods among `remove`: they are removed with back-off, and an Event tells of it. */
  ended: Pod[];
}

const created = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp);
const isOld = (pod: Pod, hash: string): boolean => pod.metadata.labels?.[revisionLabel] !== hash;
const minReady = ({ set }: Situation): number => set.spec?.minReadySeconds ?? 0;

export const surgeOf = (set: V1DaemonSet, desired: number): number => {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  return type === 'OnDelete' ? 0 : scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up');
};

const unavailableOf = (set: V1DaemonSet, desired: number): number => {
  const { rollingUpdate } = set.spec?.updateStrategy ?? {};
  return scaledValue(rollingUpdate?.maxUnavailable ?? 1, desired, 'up');
};

/** Pods that are missing, in the wrong place, ended, or too many. */
export function planPlacement(situation: Situation): Plan {
  const { set, nodes, byNode } = situation;
  const plan: Plan = { create: [], remove: [], ended: [] };
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const surges = surgeOf(set, nodes.length) > 0;
  for (const node of nodes) {
    const verdict = verdictOn(set, node);
    const pods = byNode.get(node.metadata.name) ?? [];
    if (!verdict.stay) plan.remove.push(...pods.filter(pod => !pod.metadata.deletionTimestamp));
    else if (pods.length === 0) {
      if (verdict.run) plan.create.push(node.metadata.name);
    } else keepOne(plan, situation, pods, surges);
  }
  for (const [name, pods] of byNode)
    if (!known.has(name))
      plan.remove.push(...pods.filter(pod => !pod.spec?.nodeName && !pod.metadata.deletionTimestamp));
  return plan;
}

function keepOne(plan: Plan, situation: Situation, pods: Pod[], surges: boolean): void {
  const { hash } = situation;
  const running: Pod[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') plan.ended.push(pod);
    else running.push(pod);
  }
  running.sort((a, b) => created(a) - created(b));
  if (!surges) {
    plan.remove.push(...running.slice(1));
    return;
  }
  const oldest = (old: boolean): Pod | undefined => running.find(pod => isOld(pod, hash) === old);
  const kept = [oldest(true), oldest(false)];
  plan.remove.push(...running.filter(pod => !kept.includes(pod)));
  const [oldPod, newPod] = kept;
  // The old one stays until the new one is available.
  if (oldPod && newPod && isPodAvailable(newPod, minReady(situation), situation.now))
    plan.remove.push(oldPod);
}

/** Pods to replace by the new template now, as far as the strategy allows; with a surge, nodes that get a second Pod. */
export function planUpdate(situation: Situation): Plan {
  const { set, nodes, byNode, hash, now } = situation;
  const plan: Plan = { create: [], remove: [], ended: [] };
  const wanted = nodes.filter(node => verdictOn(set, node).run);
  const surge = surgeOf(set, wanted.length);
  const available = (pod: Pod): boolean => isPodAvailable(pod, minReady(situation), now);
  let budget = surge > 0 ? surge : unavailableOf(set, wanted.length);
  const candidates: { node: string; pod: Pod }[] = [];
  for (const { metadata } of wanted) {
    const pods = (byNode.get(metadata.name) ?? []).filter(pod => !pod.metadata.deletionTimestamp);
    const going = (byNode.get(metadata.name)?.length ?? 0) > pods.length;
    const newPod = pods.find(pod => !isOld(pod, hash));
    const oldPod = pods.find(pod => isOld(pod, hash));
    if (surge > 0) {
      if (newPod && oldPod) budget--;
      else if (oldPod && !available(oldPod)) plan.create.push(metadata.name);
      else if (oldPod) candidates.push({ node: metadata.name, pod: oldPod });
    } else if (newPod || !oldPod) {
      if (going || !newPod || !available(newPod)) budget--;
    } else if (!available(oldPod)) {
      plan.remove.push(oldPod);
      budget--;
    } else candidates.push({ node: metadata.name, pod: oldPod });
  }
  for (const { node, pod } of candidates.slice(0, Math.max(0, budget)))
    if (surge > 0) plan.create.push(node);
    else plan.remove.push(pod);
  return plan;
}

export function calculateStatus(situation: Situation, collisionCount: number): V1DaemonSetStatus {
  const { set, nodes, byNode, hash, now } = situation;
  const count = { desired: 0, current: 0, mis: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const pods = byNode.get(node.metadata.name) ?? [];
    const [oldest] = [...pods].sort((a, b) => created(a) - created(b));
    if (!verdictOn(set, node).run) {
      if (pods.length > 0) count.mis++;
      continue;
    }
    count.desired++;
    if (!oldest) continue;
    count.current++;
    if (isPodReady(oldest)) count.ready++;
    if (isPodAvailable(oldest, minReady(situation), now)) count.available++;
    if (!isOld(oldest, hash)) count.updated++;
  }
  return {
    desiredNumberScheduled: count.desired,
    currentNumberScheduled: count.current,
    numberMisscheduled: count.mis,
    numberReady: count.ready,
    updatedNumberScheduled: count.updated,
    numberAvailable: count.available,
    numberUnavailable: count.desired - count.available,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisionCount ? { collisionCount } : {}),
  };
}
