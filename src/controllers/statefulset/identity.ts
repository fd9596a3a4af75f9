// The Pods and claims of a StatefulSet by ordinal (upstream: pkg/controller/statefulset/stateful_set_utils.go).
import { statefulsets } from '../../api/generated/resources/apps.v1.ts';
import type { V1PersistentVolumeClaim, V1Pod, V1StatefulSet, V1Volume } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { controllerReference } from '../common/owners.ts';
import { podFromTemplate } from '../common/pod-writer.ts';
import { type Revision, revisionLabel, templateOf } from '../common/revision-history.ts';

export type StatefulSet = Stored<V1StatefulSet>;

const nameLabel = 'statefulset.kubernetes.io/pod-name';
const indexLabel = 'apps.kubernetes.io/pod-index';

export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

/** The number at the end of the Pod's name; -1 where the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: V1Pod): number {
  const name = pod.metadata?.name ?? '';
  const digits = name.slice(set.metadata.name.length + 1);
  return name.startsWith(`${set.metadata.name}-`) && /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : -1;
}

export const claimName = (set: StatefulSet, template: V1PersistentVolumeClaim, ordinal: number): string =>
  `${template.metadata?.name ?? ''}-${podName(set, ordinal)}`;

/** The claims that the Pod with this ordinal uses. */
export const claimsFor = (set: StatefulSet, ordinal: number): V1PersistentVolumeClaim[] =>
  (set.spec?.volumeClaimTemplates ?? []).map(template => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, ...set.spec?.selector.matchLabels },
    },
    spec: template.spec,
  }));

function volumesFor(set: StatefulSet, ordinal: number, own: readonly V1Volume[] = []): V1Volume[] {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(template => ({
    name: template.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  return [...claims, ...own.filter(({ name }) => !claims.some(claim => claim.name === name))];
}

/** The Pod with this ordinal as `revision` describes it. */
export function podOf(set: StatefulSet, revision: Revision, ordinal: number): V1Pod {
  const pod = podFromTemplate(templateOf(revision), set, controllerReference(statefulsets, set));
  const name = podName(set, ordinal);
  const { generateName: _, ...metadata } = pod.metadata!;
  return {
    ...pod,
    metadata: {
      ...metadata,
      name,
      labels: {
        ...metadata.labels,
        [nameLabel]: name,
        [indexLabel]: String(ordinal),
        [revisionLabel]: revision.metadata.name,
      },
    },
    spec: {
      ...pod.spec!,
      hostname: name,
      subdomain: set.spec?.serviceName || undefined,
      volumes: volumesFor(set, ordinal, pod.spec?.volumes),
    },
  };
}

export const revisionOfPod = (pod: V1Pod): string => pod.metadata?.labels?.[revisionLabel] ?? '';
