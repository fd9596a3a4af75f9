// Brings what happens in the cluster into the snapshot and the queue.
import {
  namespaces,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from '../api/generated/resources/core.v1.ts';
import { storageclasses } from '../api/generated/resources/storage.k8s.io.v1.ts';
import type { V1Node, V1Pod } from '../api/generated/types.ts';
import type { Informers } from '../client/informer.ts';
import { equal } from '../machinery/equality.ts';
import { keyOf, type Stored } from '../machinery/object.ts';
import { fits } from './filters/node-resources-fit.ts';
import type { ClusterEvent } from './framework.ts';
import type { Nominations } from './nominations.ts';
import { createPodInfo } from './pod-info.ts';
import type { QueuedPod, SchedulingQueue } from './queue.ts';
import type { Snapshot } from './snapshot.ts';

export interface Following {
  informers: Informers;
  snapshot: Snapshot;
  queue: SchedulingQueue;
  nominations: Nominations;
  schedulerName: string;
}

const isOver = ({ status }: V1Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Status reports, which are most of a pod's updates, change nothing for scheduling. */
function sameForScheduling(pod: Stored<V1Pod>, previous: Stored<V1Pod>): boolean {
  const { generation, deletionTimestamp, labels, uid } = pod.metadata;
  const before = previous.metadata;
  return (
    uid === before.uid &&
    deletionTimestamp === before.deletionTimestamp &&
    pod.spec?.nodeName === previous.spec?.nodeName &&
    isOver(pod) === isOver(previous) &&
    equal(labels, before.labels) &&
    (generation !== undefined && generation === before.generation ? true : equal(pod.spec, previous.spec))
  );
}

function nodeEvents(node: V1Node, previous: V1Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!equal(node.metadata?.labels, previous.metadata?.labels)) events.push('node-labels');
  if (
    !equal(node.spec?.taints, previous.spec?.taints) ||
    node.spec?.unschedulable !== previous.spec?.unschedulable
  ) {
    events.push('node-taints');
  }
  if (!equal(node.status?.allocatable, previous.status?.allocatable)) events.push('node-allocatable');
  return events;
}

/** Returns what ends it. */
export function followCluster({
  informers,
  snapshot,
  queue,
  nominations,
  schedulerName,
}: Following): () => void {
  /** Of a pod that only lacked resources: true if it would have them on this node now. */
  const mayFit =
    (nodeName: string | undefined) =>
    ({ info, rejectedBy }: QueuedPod): boolean => {
      const node = nodeName === undefined ? undefined : snapshot.node(nodeName);
      if (!node || rejectedBy.size !== 1 || !rejectedBy.has('NodeResourcesFit')) return true;
      return fits(info, node);
    };

  const gone = (pod: Stored<V1Pod>): void => {
    const key = keyOf(pod);
    queue.remove(key);
    nominations.remove(pod.metadata.uid);
    if (snapshot.removePod(key)) queue.happened('pod-deleted', mayFit(pod.spec?.nodeName));
  };

  const seen = (pod: Stored<V1Pod>, previous: Stored<V1Pod> | undefined): void => {
    if (previous && sameForScheduling(pod, previous)) {
      snapshot.refreshPod(keyOf(pod), pod);
      return;
    }
    if (isOver(pod)) {
      gone(pod);
      return;
    }
    const nodeName = pod.spec?.nodeName;
    if (nodeName) {
      const key = keyOf(pod);
      queue.remove(key);
      nominations.remove(pod.metadata.uid);
      snapshot.setPod(createPodInfo(pod), nodeName);
      queue.happened('pod-added');
    } else if (
      (pod.spec?.schedulerName || 'default-scheduler') === schedulerName &&
      !snapshot.isAssumed(keyOf(pod))
    ) {
      const info = createPodInfo(pod);
      const nominated = pod.status?.nominatedNodeName;
      // What another instance of the scheduler had decided before a restart.
      if (nominated && !previous) nominations.set(info, nominated);
      queue.set(info, previous !== undefined);
    }
  };

  const any = (event: ClusterEvent) => ({
    added: () => queue.happened(event),
    updated: () => queue.happened(event),
  });

  const removals = [
    informers.for(pods).addHandler({
      added: pod => seen(pod, undefined),
      updated: seen,
      deleted: gone,
    }),
    informers.for(nodes).addHandler({
      added(node) {
        snapshot.setNode(node);
        queue.happened('node-added');
      },
      updated(node, previous) {
        const events = nodeEvents(node, previous);
        const changed = events.length > 0 || !equal(node.status?.images, previous.status?.images);
        if (changed) snapshot.setNode(node);
        else snapshot.refreshNode(node);
        for (const event of events) queue.happened(event);
      },
      deleted: node => snapshot.removeNode(node.metadata.name),
    }),
    informers.for(persistentvolumes).addHandler(any('volume')),
    informers.for(persistentvolumeclaims).addHandler(any('claim')),
    informers.for(storageclasses).addHandler(any('storage-class')),
    informers.for(namespaces).addHandler({
      updated(namespace, previous) {
        if (!equal(namespace.metadata.labels, previous.metadata.labels)) queue.happened('namespace');
      },
    }),
  ];
  return () => {
    for (const remove of removals) remove();
  };
}
