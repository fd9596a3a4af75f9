// Revisions of a Deployment and the annotations that record them (upstream: pkg/controller/deployment/util/deployment_util.go).
import type { V1Deployment, V1PodTemplateSpec, V1ReplicaSet } from '../../api/generated/types.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import type { Stored } from '../../machinery/object.ts';
import { resolveFenceposts } from '../common/fenceposts.ts';

export type ReplicaSet = Stored<V1ReplicaSet>;
export type Deployment = Stored<V1Deployment>;
type Annotations = Record<string, string>;

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const historyAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that its ReplicaSets do not inherit. */
const notInherited = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);
/** Revision histories stay below this many characters: the oldest go. */
const maxHistoryCharacters = 2000;

export const replicasOf = (object: V1Deployment | V1ReplicaSet): number => object.spec?.replicas ?? 1;

export function revisionOf(object: { metadata?: { annotations?: Annotations } }): number {
  const text = object.metadata?.annotations?.[revisionAnnotation] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

export const maxRevision = (replicaSets: readonly V1ReplicaSet[]): number =>
  Math.max(0, ...replicaSets.map(revisionOf));

const withoutHash = (template: V1PodTemplateSpec | undefined): V1PodTemplateSpec | undefined => {
  if (!template?.metadata?.labels || !(hashLabel in template.metadata.labels)) return template;
  const { [hashLabel]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
};

/** Equality of Pod templates; the hash label that the controller itself adds does not count. */
export const sameTemplate = (a: V1PodTemplateSpec | undefined, b: V1PodTemplateSpec | undefined): boolean =>
  semanticEqual(normal(withoutHash(a)), normal(withoutHash(b)));

/** `creationTimestamp: null`, which Go clients send in templates, says nothing. */
function normal(template: V1PodTemplateSpec | undefined): unknown {
  if (!template?.metadata) return { metadata: {}, spec: template?.spec };
  const { creationTimestamp: _, ...metadata } = template.metadata;
  return { ...template, metadata };
}

export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

/** The ReplicaSet that has the Deployment's template; of several the oldest. */
export const findNewReplicaSet = (
  deployment: V1Deployment,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined =>
  [...replicaSets].sort(byAge).find(set => sameTemplate(set.spec?.template, deployment.spec?.template));

export const maxReplicas = (deployment: V1Deployment): number =>
  replicasOf(deployment) + maxSurge(deployment);

export function maxSurge(deployment: V1Deployment): number {
  const { type, rollingUpdate } = deployment.spec?.strategy ?? {};
  if (type === 'Recreate') return 0;
  return resolveFenceposts(rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable, replicasOf(deployment))
    .surge;
}

export function maxUnavailable(deployment: V1Deployment): number {
  const desired = replicasOf(deployment);
  const { type, rollingUpdate } = deployment.spec?.strategy ?? {};
  if (type === 'Recreate' || desired === 0) return 0;
  const { unavailable } = resolveFenceposts(rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable, desired);
  return Math.min(unavailable, desired);
}

/** What scaling decisions later rely on: how large the Deployment was when this ReplicaSet was scaled. */
export const sizeAnnotations = (deployment: V1Deployment): Annotations => ({
  [desiredAnnotation]: String(replicasOf(deployment)),
  [maxAnnotation]: String(maxReplicas(deployment)),
});

/**
 * Annotations of the new ReplicaSet: the Deployment's, and the revision, which only grows.
 * `exists` says that the ReplicaSet is there already, and so keeps its sizes. A raised revision leaves its predecessor in the history.
 */
export function newReplicaSetAnnotations(
  deployment: V1Deployment,
  current: Annotations,
  revision: number,
  exists: boolean,
): Annotations {
  const annotations = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {}))
    if (!notInherited.has(key)) annotations[key] = value;
  const before = revisionOf({ metadata: { annotations: current } });
  if (before < revision) {
    annotations[revisionAnnotation] = String(revision);
    if (before > 0) annotations[historyAnnotation] = longerHistory(current[historyAnnotation], before);
  }
  return exists ? annotations : { ...annotations, ...sizeAnnotations(deployment) };
}

function longerHistory(history: string | undefined, revision: number): string {
  const revisions = history ? history.split(',') : [];
  revisions.push(String(revision));
  while (revisions.join(',').length > maxHistoryCharacters && revisions.length > 1) revisions.shift();
  return revisions.join(',');
}

/** Old ReplicaSets beyond the history limit: scaled down, observed so by their controller, lowest revision first. */
export function surplusHistory(deployment: V1Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  if (limit === 2147483647) return [];
  const alive = old.filter(set => !set.metadata.deletionTimestamp);
  if (alive.length <= limit) return [];
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byAge(a, b))
    .slice(0, alive.length - limit)
    .filter(
      set =>
        !set.status?.replicas &&
        replicasOf(set) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    );
}
