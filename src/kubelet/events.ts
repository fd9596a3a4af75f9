import type { V1Pod } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';
import { createEventRecorder, type EventType, referenceTo } from '../client/events.ts';
import type { Stored } from '../machinery/object.ts';

/** Tells what happens to Pods. Never throws and never waits. */
export interface PodEvents {
  /** About the Pod, or about one of its containers. */
  record(pod: Stored<V1Pod>, type: EventType, reason: string, message: string, container?: string): void;
}

/** Tells what happens to this node. */
export interface NodeEvents {
  node(type: EventType, reason: string, message: string): void;
}

/** The path of a container inside its Pod, as events name it. */
function fieldPath(pod: V1Pod, container: string): string {
  const debugging = pod.spec?.ephemeralContainers?.some(({ name }) => name === container);
  if (debugging) return `spec.ephemeralContainers{${container}}`;
  const init = pod.spec?.initContainers?.some(({ name }) => name === container);
  return init ? `spec.initContainers{${container}}` : `spec.containers{${container}}`;
}

/** The events of one kubelet. Disposing drops what is not written yet. */
export function createKubeletEvents(
  context: ComponentContext,
  nodeName: string,
): PodEvents & NodeEvents & AsyncDisposable {
  const recorder = createEventRecorder(context, { component: 'kubelet', host: nodeName });
  return {
    record: (pod, type, reason, message, container) =>
      recorder.event(
        referenceTo({ ...pod, apiVersion: 'v1', kind: 'Pod' }, container && fieldPath(pod, container)),
        type,
        reason,
        message,
      ),
    // Events about nodes carry the name in the uid, as upstream's.
    node: (type, reason, message) =>
      recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, type, reason, message),
    [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose](),
  };
}
