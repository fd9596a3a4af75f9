// Whether a node still reports (upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth).
import type { V1Lease, V1Node, V1NodeCondition } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import type { Stored } from '../../machinery/object.ts';

export interface HealthOptions {
  /** Without a sign of life for so long, a node is unknown. */
  graceMs: number;
  /** The same for a node that has never posted a status. */
  startupGraceMs: number;
}

interface Seen {
  uid: string;
  heartbeat: string;
  renewed: string;
  /** When the last sign of life came, by this clock: nodes' clocks are not trusted. */
  at: number;
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Remembers the signs of life of all nodes. */
export class NodeHealth {
  private readonly seen = new Map<string, Seen>();
  private readonly options: HealthOptions;

  constructor(options: HealthOptions) {
    this.options = options;
  }

  /** Milliseconds until the node counts as silent; 0 or less: it does. */
  untilSilent(node: Stored<V1Node>, lease: V1Lease | undefined, now: number): number {
    const { name, uid } = node.metadata;
    const ready = findCondition(node.status?.conditions, 'Ready');
    const heartbeat = ready?.lastHeartbeatTime ?? '';
    const renewed = lease?.spec?.renewTime ?? '';
    let seen = this.seen.get(name);
    if (seen?.uid !== uid) {
      const at = ready ? now : Math.min(now, Date.parse(node.metadata.creationTimestamp));
      seen = { uid, heartbeat, renewed, at };
      this.seen.set(name, seen);
    }
    if (seen.heartbeat !== heartbeat || seen.renewed !== renewed)
      Object.assign(seen, { heartbeat, renewed, at: now });
    const grace = ready ? this.options.graceMs : this.options.startupGraceMs;
    return seen.at + grace - now;
  }

  forget(name: string): void {
    this.seen.delete(name);
  }
}

/** The conditions of a silent node: all Unknown; undefined where they are so already. */
export function silentConditions(node: Stored<V1Node>, now: number): V1NodeCondition[] | undefined {
  const current = node.status?.conditions ?? [];
  let changed = false;
  const next = [...current];
  for (const type of watched) {
    const index = next.findIndex(condition => condition.type === type);
    const old = next[index];
    if (old?.status === 'Unknown') continue;
    changed = true;
    if (old)
      next[index] = {
        ...old,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: timestamp(now),
      };
    else
      next.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: timestamp(now),
      });
  }
  return changed ? next : undefined;
}
