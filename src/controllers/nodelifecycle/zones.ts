// How fast nodes of a zone may be given up (upstream: pkg/controller/nodelifecycle zone states and rate limits).
import type { V1Node } from '../../api/generated/types.ts';
import { findCondition } from '../../machinery/conditions.ts';

const unhealthyThreshold = 0.55;
const largeClusterSize = 50;
/** Nodes per second. */
const normalRate = 0.1;
const largeClusterRate = 0.01;

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

export const zoneOf = (node: V1Node): string => {
  const labels = node.metadata?.labels ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}/${labels['topology.kubernetes.io/zone'] ?? ''}`;
};

export function zoneState(nodes: readonly V1Node[]): ZoneState {
  const ready = nodes.filter(
    node => findCondition(node.status?.conditions, 'Ready')?.status === 'True',
  ).length;
  const notReady = nodes.length - ready;
  if (notReady > 0 && ready === 0) return 'FullDisruption';
  return notReady > 2 && notReady / nodes.length >= unhealthyThreshold ? 'PartialDisruption' : 'Normal';
}

/** When all zones are down, the fault is more likely here than there: nobody is evicted. */
export function allDown(nodes: readonly V1Node[]): boolean {
  const zones = Map.groupBy(nodes, zoneOf);
  return zones.size > 0 && [...zones.values()].every(zone => zoneState(zone) === 'FullDisruption');
}

/** Lets one node of a zone be given up at a time. */
export class EvictionPace {
  private readonly next = new Map<string, number>();

  /** Milliseconds to wait before this node's turn, 0: now (and then the turn is taken); undefined: not while the zone is as it is. */
  take(zone: string, nodes: readonly V1Node[], now: number): number | undefined {
    const state = zoneState(nodes.filter(node => zoneOf(node) === zone));
    const partialRate = nodes.length > largeClusterSize ? largeClusterRate : 0;
    const rate = state === 'PartialDisruption' ? partialRate : normalRate;
    if (rate === 0) return undefined;
    const free = this.next.get(zone) ?? 0;
    if (free > now) return free - now;
    this.next.set(zone, now + 1000 / rate);
    return 0;
  }
}
