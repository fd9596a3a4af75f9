// Removes Pods that nobody will remove (upstream: pkg/controller/podgc): too many ended ones, those of nodes that are gone, unscheduled ones being deleted.
import { nodes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Node, V1Pod } from '../../api/generated/types.ts';
import type { Clock } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import type { Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { withDisruptionTarget } from '../common/disruption-target.ts';
import { startPeriodic } from '../common/periodic.ts';
import { isPodTerminal } from '../common/pods.ts';

const everyMs = 20_000;
/** A node must have been away for so long. */
const quarantineMs = 40_000;
const outOfService = 'node.kubernetes.io/out-of-service';

/** Ended Pods beyond `threshold`, the oldest first; evicted ones before all others. */
export function surplusEnded(all: readonly Stored<V1Pod>[], threshold: number): Stored<V1Pod>[] {
  const ended = all.filter(
    pod => !['Pending', 'Running', 'Unknown'].includes(pod.status?.phase ?? 'Pending'),
  );
  const evicted = (pod: V1Pod): boolean => pod.status?.reason === 'Evicted';
  return ended
    .sort(
      (a, b) =>
        Number(evicted(b)) - Number(evicted(a)) ||
        Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )
    .slice(0, Math.max(0, ended.length - threshold));
}

/** Remembers since when nodes that Pods name are missing. */
class MissingNodes {
  private readonly since = new Map<string, number>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Of `named`, those that have been missing for the quarantine. */
  update(named: ReadonlySet<string>, isKnown: (name: string) => boolean): string[] {
    for (const name of this.since.keys()) if (!named.has(name) || isKnown(name)) this.since.delete(name);
    const now = this.clock.now();
    const gone: string[] = [];
    for (const name of named) {
      if (isKnown(name)) continue;
      const since = this.since.get(name) ?? now;
      this.since.set(name, since);
      if (now - since >= quarantineMs) gone.push(name);
    }
    return gone;
  }
}

const isOutOfService = (node: V1Node | undefined): boolean =>
  findCondition(node?.status?.conditions, 'Ready')?.status !== 'True' &&
  (node?.spec?.taints ?? []).some(({ key }) => key === outOfService);

/** `terminatedThreshold` is how many ended Pods may stay: upstream's 12500. */
export async function startPodGarbageCollector(
  context: ControllerContext,
  terminatedThreshold = 12_500,
): Promise<AsyncDisposable> {
  const { client, clock, informers } = context;
  const podCache = informers.for(pods);
  const nodeCache = informers.for(nodes);
  await Promise.all([podCache.whenSynced(), nodeCache.whenSynced()]);
  const missing = new MissingNodes(clock);

  /** Tells what became of the Pod, for whoever waits for it, and removes it without grace. */
  const remove = async (pod: Stored<V1Pod>, message?: string): Promise<void> => {
    const { name, namespace, uid } = pod.metadata;
    try {
      if (!isPodTerminal(pod)) {
        const marked = message
          ? withDisruptionTarget(pod, 'DeletionByPodGC', message, clock.now())
          : undefined;
        const status = { ...(marked ?? pod.status), phase: 'Failed' };
        await client.updateStatus(pods, { ...pod, status });
      }
      await client.delete(pods, name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  const isGone = async (node: string): Promise<boolean> => {
    try {
      await client.get(nodes, node);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };

  const round = async (): Promise<void> => {
    const all = podCache.list();
    const work: Promise<void>[] = [];
    if (terminatedThreshold > 0)
      for (const pod of surplusEnded(all, terminatedThreshold)) work.push(remove(pod));
    const named = new Set(all.map(pod => pod.spec?.nodeName ?? '').filter(name => name !== ''));
    for (const name of missing.update(named, name => nodeCache.get(name) !== undefined))
      if (await isGone(name))
        for (const pod of all)
          if (pod.spec?.nodeName === name) work.push(remove(pod, 'PodGC: node no longer exists'));
    for (const pod of all) {
      if (!pod.metadata.deletionTimestamp) continue;
      if (!pod.spec?.nodeName) work.push(remove(pod));
      else if (isOutOfService(nodeCache.get(pod.spec.nodeName)))
        work.push(remove(pod, 'PodGC: node is tainted with out-of-service'));
    }
    const failed = (await Promise.allSettled(work)).find(result => result.status === 'rejected');
    if (failed) throw failed.reason;
  };
  return startPeriodic(clock, context.logger.child('podgc'), everyMs, round);
}
