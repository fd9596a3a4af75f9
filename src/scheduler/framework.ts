// What filters and scores are: small parts that know nothing of each other. The lists are in filters.ts and scores.ts.
import type {
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1ReplicationController,
  V1Service,
  V1StatefulSet,
  V1StorageClass,
} from '../api/generated/types.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominations } from './nominations.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Other objects that decisions depend on; answers come from caches. */
export interface Lookups {
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined;
  services(namespace: string): readonly V1Service[];
  replicaSet(key: string): V1ReplicaSet | undefined;
  statefulSet(key: string): V1StatefulSet | undefined;
  replicationController(key: string): V1ReplicationController | undefined;
  claim(key: string): V1PersistentVolumeClaim | undefined;
  volume(name: string): V1PersistentVolume | undefined;
  volumesOfClass(storageClass: string): readonly V1PersistentVolume[];
  storageClass(name: string): V1StorageClass | undefined;
  disruptionBudgets(): readonly V1PodDisruptionBudget[];
}

export interface View {
  readonly snapshot: Snapshot;
  readonly lookups: Lookups;
  readonly nominations: Nominations;
}

/** Why a node, or every node, cannot have a pod. */
export interface Rejection {
  readonly reasons: readonly string[];
  /** Set where no removal of other pods would help (upstream's UnschedulableAndUnresolvable). */
  readonly unresolvable: boolean;
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined;

/** What changed in the cluster; a pod is tried again when one of its rejecters cares. */
export type ClusterEvent =
  | 'node-added'
  | 'node-labels'
  | 'node-taints'
  | 'node-allocatable'
  | 'pod-added'
  | 'pod-deleted'
  | 'volume'
  | 'claim'
  | 'storage-class'
  | 'namespace';

export interface Prepared {
  /** Asked for each node; absent: nothing to check. */
  filter?: NodeFilter;
  /** Only these nodes come into question. */
  nodeNames?: ReadonlySet<string>;
  /** No node comes into question; the message names no node. */
  reject?: string;
}

export interface FilterPlugin {
  /** Upstream's. */
  readonly name: string;
  readonly events: readonly ClusterEvent[];
  /** Undefined: this pod asks for nothing of the kind. */
  prepare(pod: PodInfo, view: View): Prepared | undefined;
}

export interface NodeScorer {
  /** Higher is better; 0 to 100 where there is no `normalize`. */
  score(node: NodeInfo): number;
  /** Brings scores, in place, to 0 to 100. */
  normalize?(scores: number[], nodes: readonly NodeInfo[]): void;
}

export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  prepare(pod: PodInfo, view: View, nodes: readonly NodeInfo[]): NodeScorer | undefined;
}

export const maxScore = 100;

/** Upstream's DefaultNormalizeScore: the highest becomes 100 (or, reversed, 0). */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  const max = scores.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((scores[i]! * maxScore) / max);
    scores[i] = reverse ? maxScore - share : share;
  }
}
