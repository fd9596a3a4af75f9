// The node lifecycle controller (upstream: pkg/controller/nodelifecycle): silent nodes become Unknown, taints follow conditions, their Pods are no longer ready.
import { leases } from '../../api/generated/resources/coordination.k8s.io.v1.ts';
import { nodes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Node, V1Pod } from '../../api/generated/types.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import type { Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { isPodReady } from '../common/pods.ts';
import { indexByNode, podsOnNode } from '../common/pods-on-node.ts';
import { type HealthOptions, NodeHealth, silentConditions } from './health.ts';
import { type Eviction, notReadyTaint, unreachableTaint, wantedTaints } from './taints.ts';
import { allDown, EvictionPace, zoneOf } from './zones.ts';

const leaseNamespace = 'kube-node-lease';
/** How often a node that waits for its zone to recover is looked at again. */
const disruptionRetryMs = 5000;

/** Upstream's defaults since v1.32. */
export const defaultHealthOptions: HealthOptions = { graceMs: 50_000, startupGraceMs: 60_000 };

const readyStatus = (node: V1Node): string | undefined =>
  findCondition(node.status?.conditions, 'Ready')?.status;

export function createNodeLifecycleController(
  context: ControllerContext,
  options: HealthOptions = defaultHealthOptions,
): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('node-controller');
  const nodeCache = informers.for(nodes);
  const podCache = informers.for(pods);
  const leaseScope = { namespace: leaseNamespace };
  const leaseCache = informers.for(leases, leaseScope);
  indexByNode(podCache);
  const health = new NodeHealth(options);
  const pace = new EvictionPace();

  const markPodsNotReady = async (node: Stored<V1Node>): Promise<void> => {
    const affected = podsOnNode(podCache, node.metadata.name).filter(isPodReady);
    await Promise.all(affected.map(pod => markNotReady(pod)));
  };

  const markNotReady = async (pod: Stored<V1Pod>): Promise<void> => {
    const lastTransitionTime = timestamp(clock.now());
    const conditions = pod.status?.conditions?.map(condition =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime } : condition,
    );
    try {
      await client.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
      events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  /** Unready nodes are given up one after the other, and not at all where everything is down. */
  const evictionOf = (node: Stored<V1Node>): { eviction: Eviction; waitMs?: number } => {
    if (readyStatus(node) === 'True' || readyStatus(node) === undefined) return { eviction: 'no' };
    const all = nodeCache.list();
    if (allDown(all)) return { eviction: 'no', waitMs: disruptionRetryMs };
    const key = readyStatus(node) === 'False' ? notReadyTaint : unreachableTaint;
    const given = node.spec?.taints?.some(taint => taint.effect === 'NoExecute' && taint.key === key);
    if (given) return { eviction: 'yes' };
    const waitMs = pace.take(zoneOf(node), all, clock.now());
    if (waitMs === 0) return { eviction: 'yes' };
    return { eviction: undefined, waitMs: waitMs ?? disruptionRetryMs };
  };

  const round = async (cached: Stored<V1Node>): Promise<Result> => {
    let node = cached;
    const lease = leaseCache.get(`${leaseNamespace}/${node.metadata.name}`);
    const silentIn = health.untilSilent(node, lease, clock.now());
    const silent = silentIn <= 0 ? silentConditions(node, clock.now()) : undefined;
    if (silent) {
      const wasReady = readyStatus(node) === 'True';
      node = await client.updateStatus(nodes, { ...node, status: { ...node.status, conditions: silent } });
      if (wasReady) tellNotReady(node);
    }
    const { eviction, waitMs } = evictionOf(node);
    const taints = wantedTaints(node, eviction, clock.now());
    if (taints) node = await client.update(nodes, { ...node, spec: { ...node.spec, taints } });
    if (readyStatus(node) !== 'True' && readyStatus(node) !== undefined) await markPodsNotReady(node);
    const waits = [waitMs, silentIn > 0 ? silentIn : undefined].filter(wait => wait !== undefined);
    return waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : undefined;
  };

  const tell = ({ metadata: { name, uid } }: Stored<V1Node>, reason: string, message: string): void =>
    events.event({ apiVersion: 'v1', kind: 'Node', name, uid }, 'Normal', reason, message);

  const tellNotReady = (node: Stored<V1Node>): void =>
    tell(node, 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);

  return {
    name: 'nodelifecycle',
    workers: 8,
    watches: [
      watching({
        resource: nodes,
        observe: (event, node, previous) => {
          const { name } = node.metadata;
          if (event === 'added')
            tell(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
          if (event === 'deleted') {
            health.forget(name);
            tell(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
          }
          // The kubelet itself said so.
          if (previous && readyStatus(previous) === 'True' && readyStatus(node) === 'False')
            tellNotReady(node);
        },
      }),
      watching({ resource: leases, scope: leaseScope, keys: ({ metadata }) => [metadata.name] }),
      // A Pod that its kubelet can no longer speak for must not say that it is ready.
      watching({
        resource: pods,
        keys: (pod, previous) =>
          pod.spec?.nodeName && isPodReady(pod) && !(previous && isPodReady(previous))
            ? unreadyNode(pod.spec.nodeName)
            : [],
      }),
    ],
    async reconcile(name) {
      const node = nodeCache.get(name);
      if (!node) return undefined;
      try {
        return await round(node);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };

  function unreadyNode(name: string): string[] {
    const node = nodeCache.get(name);
    const status = node && readyStatus(node);
    return status === 'False' || status === 'Unknown' ? [name] : [];
  }
}
