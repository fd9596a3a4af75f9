// The next steps of a StatefulSet (upstream: pkg/controller/statefulset/stateful_set_control.go updateStatefulSet).
import type { V1Pod, V1StatefulSetStatus } from '../../api/generated/types.ts';
import { scaledValue } from '../../machinery/intstr.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../common/pods.ts';
import type { Revision } from '../common/revision-history.ts';
import { ordinalOf, podOf, revisionOfPod, type StatefulSet } from './identity.ts';

type Pod = Stored<V1Pod>;

export interface Situation {
  set: StatefulSet;
  /** The set's Pods, whatever their state. */
  pods: readonly Pod[];
  current: Revision;
  update: Revision;
  now: number;
}

export type Step =
  | { type: 'create'; pod: V1Pod; ordinal: number }
  | { type: 'delete'; pod: Pod }
  /** The Pod with this ordinal has no claim of its own any more, or not yet. */
  | { type: 'claims'; ordinal: number };

const startOf = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0;
const sizeOf = (set: StatefulSet): number => set.spec?.replicas ?? 1;
const isGoing = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
const minReady = (set: StatefulSet): number => set.spec?.minReadySeconds ?? 0;
const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);

const partitionOf = (set: StatefulSet): number => set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;

/** Which revision a Pod that is missing gets: the roll-out comes from the top, so what lies below an old Pod is old. */
function revisionFor({ set, pods, current, update }: Situation, ordinal: number): Revision {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return update;
  if (ordinal < startOf(set) + partitionOf(set)) return current;
  const isBelowOld = pods.some(
    pod => ordinalOf(set, pod) > ordinal && revisionOfPod(pod) === current.metadata.name,
  );
  return isBelowOld ? current : update;
}

/** The steps of this round: one at a time in order, unless Pods are managed in parallel. */
export function planSteps(situation: Situation): Step[] {
  const { set, pods } = situation;
  if (set.metadata.deletionTimestamp) return [];
  const inOrder = set.spec?.podManagementPolicy !== 'Parallel';
  const first = startOf(set);
  const end = first + sizeOf(set);
  const byOrdinal = new Map(pods.map(pod => [ordinalOf(set, pod), pod]));
  const healthy = (pod: Pod | undefined): boolean =>
    pod !== undefined &&
    !isGoing(pod) &&
    isRunningAndReady(pod) &&
    isPodAvailable(pod, minReady(set), situation.now);

  const steps: Step[] = [];
  for (let ordinal = first; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (!pod)
      steps.push({ type: 'create', pod: podOf(set, revisionFor(situation, ordinal), ordinal), ordinal });
    else if (isPodTerminal(pod) && !isGoing(pod)) steps.push({ type: 'delete', pod });
    else {
      if (!isGoing(pod)) steps.push({ type: 'claims', ordinal });
      if (!inOrder || healthy(pod)) continue;
      return steps;
    }
    if (inOrder) return steps;
  }

  const condemned = pods.filter(pod => ordinalOf(set, pod) < first || ordinalOf(set, pod) >= end);
  condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  for (const pod of condemned) {
    if (isGoing(pod)) {
      if (inOrder) return steps;
      continue;
    }
    // One that is not well goes before others do, but only one at a time.
    steps.push({ type: 'delete', pod });
    if (inOrder) return steps;
  }
  if (set.spec?.updateStrategy?.type === 'OnDelete') return steps;
  return [...steps, ...planRollingUpdate(situation, byOrdinal, healthy)];
}

function planRollingUpdate(
  { set, update }: Situation,
  byOrdinal: ReadonlyMap<number, Pod>,
  healthy: (pod: Pod | undefined) => boolean,
): Step[] {
  const first = startOf(set);
  const end = first + sizeOf(set);
  const { maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const limit = Math.max(1, scaledValue(maxUnavailable, sizeOf(set), 'down'));
  let unavailable = 0;
  for (let ordinal = first; ordinal < end; ordinal++) if (!healthy(byOrdinal.get(ordinal))) unavailable++;
  const steps: Step[] = [];
  for (let ordinal = end - 1; ordinal >= first + partitionOf(set); ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) continue;
    if (revisionOfPod(pod) !== update.metadata.name && !isGoing(pod)) {
      if (healthy(pod)) {
        if (unavailable >= limit) return steps;
        unavailable++;
      }
      steps.push({ type: 'delete', pod });
      if (limit === 1) return steps;
    } else if (!healthy(pod) && limit === 1) return steps;
  }
  return steps;
}

export function calculateStatus(
  { set, pods, current, update, now }: Situation,
  collisionCount: number,
): V1StatefulSetStatus {
  const mine = pods.filter(pod => !isPodTerminal(pod));
  const living = mine.filter(pod => !isGoing(pod));
  const count = (test: (pod: Pod) => boolean, of = mine): number => of.filter(test).length;
  const updated = count(pod => revisionOfPod(pod) === update.metadata.name, living);
  const ready = count(isRunningAndReady);
  const rolls = set.spec?.updateStrategy?.type !== 'OnDelete';
  const replicas = mine.length;
  // The roll-out is over: the new revision is the current one.
  const done =
    rolls && partitionOf(set) === 0 && updated === replicas && ready === replicas && replicas === sizeOf(set);
  return {
    replicas,
    readyReplicas: ready,
    availableReplicas: count(pod => isRunningAndReady(pod) && isPodAvailable(pod, minReady(set), now)),
    currentReplicas: done ? updated : count(pod => revisionOfPod(pod) === current.metadata.name, living),
    updatedReplicas: updated,
    currentRevision: done ? update.metadata.name : current.metadata.name,
    updateRevision: update.metadata.name,
    observedGeneration: set.metadata.generation ?? 0,
    collisionCount,
  };
}
