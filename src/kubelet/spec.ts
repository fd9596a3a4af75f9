// Small questions about a Pod's spec that many parts ask.
import type { V1Container, V1EphemeralContainer, V1Pod } from '../api/generated/types.ts';

/** Init containers with restartPolicy Always run beside the Pod's containers (KEP-753). */
export const isSidecar = (container: V1Container): boolean => container.restartPolicy === 'Always';

export const initContainers = (pod: V1Pod): V1Container[] => pod.spec?.initContainers ?? [];
export const containersOf = (pod: V1Pod): V1Container[] => pod.spec?.containers ?? [];
/** Init containers first. */
export const allContainers = (pod: V1Pod): V1Container[] => [...initContainers(pod), ...containersOf(pod)];
/** Containers added to a running Pod for debugging: started once, never restarted, of no weight for the Pod's state. */
export const ephemeralContainers = (pod: V1Pod): V1EphemeralContainer[] =>
  pod.spec?.ephemeralContainers ?? [];
/** Of any sort. */
export const findContainer = (pod: V1Pod, name: string): V1Container | undefined =>
  [...allContainers(pod), ...ephemeralContainers(pod)].find(container => container.name === name);

export const isHostNetwork = (pod: V1Pod): boolean => pod.spec?.hostNetwork === true;
export const restartPolicyOf = (pod: V1Pod): string => pod.spec?.restartPolicy ?? 'Always';

/** Seconds that containers have between the stop signal and being killed. */
export const gracePeriodOf = (pod: V1Pod): number =>
  pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;

/** `name_namespace(uid)`: how messages name a Pod. */
export const podText = (pod: V1Pod): string =>
  `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`;

export const isTerminal = (pod: V1Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
