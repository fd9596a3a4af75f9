import type { V1Container, V1Pod } from '../api/generated/types.ts';
import { fnv1a32 } from '../machinery/hash.ts';
import type { Stored } from '../machinery/object.ts';

// How Pods are told on sandboxes and containers, so that a new kubelet finds what an old one started (upstream: pkg/kubelet/types/labels.go).
export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';

const hashAnnotation = 'io.kubernetes.container.hash';
const restartCountAnnotation = 'io.kubernetes.container.restartCount';
const terminationPathAnnotation = 'io.kubernetes.container.terminationMessagePath';
const terminationPolicyAnnotation = 'io.kubernetes.container.terminationMessagePolicy';
const gracePeriodAnnotation = 'io.kubernetes.pod.terminationGracePeriod';

/** A change of what goes into it restarts the container: name and image, as upstream. */
export const containerHash = (container: V1Container): string =>
  fnv1a32(JSON.stringify([container.name, container.image ?? ''])).toString(16);

export const podLabels = (pod: Stored<V1Pod>): Record<string, string> => ({
  ...pod.metadata.labels,
  [podNameLabel]: pod.metadata.name,
  [podNamespaceLabel]: pod.metadata.namespace ?? '',
  [podUidLabel]: pod.metadata.uid,
});

export const containerLabels = (pod: Stored<V1Pod>, container: V1Container): Record<string, string> => ({
  [podNameLabel]: pod.metadata.name,
  [podNamespaceLabel]: pod.metadata.namespace ?? '',
  [podUidLabel]: pod.metadata.uid,
  [containerNameLabel]: container.name,
});

export const containerAnnotations = (
  pod: Stored<V1Pod>,
  container: V1Container,
  restartCount: number,
): Record<string, string> => ({
  [hashAnnotation]: containerHash(container),
  [restartCountAnnotation]: String(restartCount),
  [terminationPathAnnotation]: container.terminationMessagePath ?? '',
  [terminationPolicyAnnotation]: container.terminationMessagePolicy ?? '',
  [gracePeriodAnnotation]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
});

export interface ContainerNotes {
  hash: string;
  restartCount: number;
  terminationMessagePath: string;
  terminationMessagePolicy: string;
  gracePeriodSeconds: number;
}

/** What `containerAnnotations` wrote; for what others made, empty and 0. */
export const containerNotes = (annotations: Record<string, string>): ContainerNotes => ({
  hash: annotations[hashAnnotation] ?? '',
  restartCount: Number(annotations[restartCountAnnotation] ?? 0) || 0,
  terminationMessagePath: annotations[terminationPathAnnotation] ?? '',
  terminationMessagePolicy: annotations[terminationPolicyAnnotation] ?? '',
  gracePeriodSeconds: Number(annotations[gracePeriodAnnotation] ?? 30) || 0,
});
