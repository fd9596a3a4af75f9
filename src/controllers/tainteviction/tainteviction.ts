// The taint eviction controller (upstream: pkg/controller/tainteviction): Pods leave nodes whose NoExecute taints they do not tolerate (any longer).
import { nodes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Node, V1Pod } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { withDisruptionTarget } from '../common/disruption-target.ts';
import { indexByNode, podsOnNode } from '../common/pods-on-node.ts';
import { secondsToStay } from './decide.ts';

const executing = (node: V1Node | undefined) =>
  node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];

/** Keys are those of Pods. */
export function createTaintEvictionController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('taint-eviction-controller');
  const nodeCache = informers.for(nodes);
  const podCache = informers.for(pods);
  indexByNode(podCache);
  /** When a Pod was first found among taints that it tolerates for a while only. */
  const since = new Map<string, number>();

  const evict = async (pod: Stored<V1Pod>): Promise<void> => {
    const { name, namespace, uid } = pod.metadata;
    events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    const status = withDisruptionTarget(
      pod,
      'DeletionByTaintManager',
      'Taint manager: deleting due to NoExecute taint',
      clock.now(),
    );
    try {
      if (status) await client.updateStatus(pods, { ...pod, status });
      await client.delete(pods, name, namespace, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  return {
    name: 'taint-eviction-controller',
    workers: 8,
    watches: [
      watching({
        resource: nodes,
        keys: (node, previous) =>
          semanticEqual(executing(node), executing(previous))
            ? []
            : podsOnNode(podCache, node.metadata.name).map(pod => keyOf(pod)),
      }),
      watching({
        resource: pods,
        observe: (event, pod) => {
          if (event === 'deleted') since.delete(pod.metadata.uid);
        },
        keys: (pod, previous) => {
          const same = previous?.spec?.nodeName === pod.spec?.nodeName;
          const moved =
            !previous || !same || !semanticEqual(previous.spec?.tolerations, pod.spec?.tolerations);
          return moved && executing(nodeCache.get(pod.spec?.nodeName ?? '')).length > 0 ? [keyOf(pod)] : [];
        },
      }),
    ],
    async reconcile(key) {
      const pod = podCache.get(key);
      if (!pod?.spec?.nodeName || pod.metadata.deletionTimestamp) return undefined;
      const { uid, name, namespace } = pod.metadata;
      const seconds = secondsToStay(pod, nodeCache.get(pod.spec.nodeName)?.spec?.taints);
      if (seconds === Number.POSITIVE_INFINITY) {
        if (since.delete(uid))
          events.event(
            pod,
            'Normal',
            'TaintManagerEviction',
            `Cancelling deletion of Pod ${namespace}/${name}`,
          );
        return undefined;
      }
      const now = clock.now();
      const start = since.get(uid) ?? now;
      const wait = seconds === 0 ? 0 : start + seconds * 1000 - now;
      if (wait > 0) {
        since.set(uid, start);
        return { requeueAfterMs: wait };
      }
      await evict(pod);
      since.delete(uid);
      return undefined;
    },
  };
}
