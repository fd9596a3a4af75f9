// Taints that follow a node's conditions (upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go, pkg/controller/util/node).
import type { V1Node, V1Taint } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
const unschedulableTaint = 'node.kubernetes.io/unschedulable';

/** Condition type and status, and the NoSchedule taint that goes with them. */
const taintOfCondition: readonly [type: string, status: string, key: string][] = [
  ['Ready', 'False', notReadyTaint],
  ['Ready', 'Unknown', unreachableTaint],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];
const ownKeys = new Set([...taintOfCondition.map(([, , key]) => key), unschedulableTaint]);

/** Whether Pods are to be evicted from the node: `undefined` leaves the taints for it as they are. */
export type Eviction = 'yes' | 'no' | undefined;

/** The node's taints as its conditions want them; undefined where they are so. */
export function wantedTaints(node: V1Node, eviction: Eviction, now: number): V1Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const conditions = node.status?.conditions;
  const noSchedule = new Set(
    taintOfCondition
      .filter(([type, status]) => findCondition(conditions, type)?.status === status)
      .map(([, , key]) => key),
  );
  if (node.spec?.unschedulable) noSchedule.add(unschedulableTaint);
  const ready = findCondition(conditions, 'Ready')?.status;
  const noExecute =
    eviction !== 'yes'
      ? undefined
      : ready === 'False'
        ? notReadyTaint
        : ready === 'Unknown'
          ? unreachableTaint
          : undefined;

  const stays = ({ key, effect }: V1Taint): boolean => {
    if (effect === 'NoSchedule') return !ownKeys.has(key) || noSchedule.has(key);
    if (effect !== 'NoExecute' || (key !== notReadyTaint && key !== unreachableTaint)) return true;
    return eviction === undefined || key === noExecute;
  };
  const has = (key: string, effect: string): boolean =>
    current.some(taint => taint.key === key && taint.effect === effect);
  const timeAdded = timestamp(now);
  const added: V1Taint[] = [...noSchedule]
    .filter(key => !has(key, 'NoSchedule'))
    .map(key => ({ key, effect: 'NoSchedule', timeAdded }));
  if (noExecute && !has(noExecute, 'NoExecute'))
    added.push({ key: noExecute, effect: 'NoExecute', timeAdded });
  const kept = current.filter(stays);
  return added.length === 0 && kept.length === current.length ? undefined : [...kept, ...added];
}
