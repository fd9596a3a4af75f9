// Writing a Deployment's ReplicaSets: the new one with its revision, sizes, and old ones going (upstream: deployment/sync.go).

import { deployments, replicasets } from '../../api/generated/resources/apps.v1.ts';
import type { V1ReplicaSet } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { Clock } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { objectHash } from '../../machinery/hash.ts';
import { controllerOf } from '../../machinery/object.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../machinery/status-error.ts';
import { withCondition } from '../common/conditions.ts';
import { controllerReference } from '../common/owners.ts';
import {
  type Deployment,
  findNewReplicaSet,
  hashLabel,
  maxRevision,
  newReplicaSetAnnotations,
  type ReplicaSet,
  replicasOf,
  revisionAnnotation,
  revisionOf,
  sameTemplate,
  sizeAnnotations,
  surplusHistory,
} from './revisions.ts';
import { newReplicas, type Scaling } from './rolling.ts';
import { condition, hasProgressDeadline } from './status.ts';

export interface Tools {
  client: Client;
  clock: Clock;
  events: EventRecorder;
}

/** The Deployment as this round has changed it so far, and its ReplicaSets. */
export interface Rollout {
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  old: ReplicaSet[];
}

export const allSets = ({ newSet, old }: Rollout): ReplicaSet[] => (newSet ? [...old, newSet] : old);

/** Thrown when the round must end here: the next one starts from what the API then holds. */
export class RoundOver extends Error {
  override readonly name = 'RoundOver';
}

/** Finds the new ReplicaSet, or makes it where `create`, and brings revisions and annotations up to date. */
export async function syncRevision(
  tools: Tools,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  create: boolean,
): Promise<Rollout> {
  const found = findNewReplicaSet(deployment, sets);
  const old = sets.filter(set => set !== found);
  const revision = maxRevision(old) + 1;
  if (found) {
    const newSet = await syncAnnotations(tools, deployment, found, revision);
    const marked = markRevision(tools, deployment, newSet, 'FoundNewReplicaSet', 'Found new replica set');
    return { deployment: marked, newSet, old };
  }
  if (!create) return { deployment, newSet: undefined, old };
  const newSet = await createNewReplicaSet(tools, deployment, old, revision);
  const marked = markRevision(tools, deployment, newSet, 'NewReplicaSetCreated', 'Created new replica set');
  return { deployment: marked, newSet, old };
}

async function syncAnnotations(
  { client }: Tools,
  deployment: Deployment,
  set: ReplicaSet,
  revision: number,
): Promise<ReplicaSet> {
  const current = set.metadata.annotations ?? {};
  const annotations = newReplicaSetAnnotations(deployment, current, revision, true);
  const minReadySeconds = deployment.spec?.minReadySeconds;
  if (semanticEqual(current, annotations) && (set.spec?.minReadySeconds ?? 0) === (minReadySeconds ?? 0))
    return set;
  return client.update(replicasets, {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec!, minReadySeconds },
  });
}

/** The Deployment with its revision and the news of its ReplicaSet; both are written with the status at the end of the round. */
function markRevision(
  { clock }: Tools,
  deployment: Deployment,
  set: ReplicaSet,
  reason: string,
  text: string,
): Deployment {
  const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: String(revisionOf(set)) };
  const marked = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  const conditions = deployment.status?.conditions ?? [];
  const progressing = findCondition(conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || (progressing && reason === 'FoundNewReplicaSet')) return marked;
  const message = `${text} "${set.metadata.name}"`;
  const next = condition('Progressing', 'True', reason, message, clock.now());
  return { ...marked, status: { ...deployment.status, conditions: withCondition(conditions, next) } };
}

async function createNewReplicaSet(
  tools: Tools,
  deployment: Deployment,
  old: readonly ReplicaSet[],
  revision: number,
): Promise<ReplicaSet> {
  const { client, events } = tools;
  const wanted = newReplicaSet(deployment, old, revision);
  const name = wanted.metadata!.name!;
  try {
    const created = await client.create(replicasets, wanted);
    if (replicasOf(created) > 0)
      events.event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled up replica set ${name} from 0 to ${replicasOf(created)}`,
      );
    return created;
  } catch (error) {
    if (isAlreadyExists(error)) return takeExisting(tools, deployment, name);
    if (!isNamespaceTerminating(error)) await reportCreateError(tools, deployment, name, error);
    throw error;
  }
}

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[], revision: number): V1ReplicaSet {
  const template = deployment.spec!.template;
  const hash = objectHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const { selector } = deployment.spec!;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      ownerReferences: [controllerReference(deployments, deployment)],
      labels,
      annotations: newReplicaSetAnnotations(deployment, {}, revision, false),
    },
    spec: {
      replicas: newReplicas(deployment, old, 0),
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The name is taken: by ourselves (the cache was behind), or by another template with the same hash, which moves the collision count. */
async function takeExisting({ client }: Tools, deployment: Deployment, name: string): Promise<ReplicaSet> {
  const existing = await client.get(replicasets, name, deployment.metadata.namespace);
  if (
    controllerOf(existing)?.uid === deployment.metadata.uid &&
    sameTemplate(existing.spec?.template, deployment.spec?.template)
  )
    return existing;
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  await client.updateStatus(deployments, { ...deployment, status: { ...deployment.status, collisionCount } });
  throw new RoundOver(`name collision on ReplicaSet ${name}`);
}

async function reportCreateError(
  { client, clock, events }: Tools,
  deployment: Deployment,
  name: string,
  error: unknown,
): Promise<void> {
  const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : String(error)}`;
  events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
  if (!hasProgressDeadline(deployment)) return;
  const next = condition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now());
  const conditions = withCondition(deployment.status?.conditions ?? [], next);
  if (semanticEqual(conditions, deployment.status?.conditions)) return;
  await client.updateStatus(deployments, { ...deployment, status: { ...deployment.status, conditions } });
}

/** Scales, and says so in an event where a size changes. Returns the rollout with the ReplicaSets as they are then, and whether sizes changed. */
export async function applyScalings(
  { client, events }: Tools,
  rollout: Rollout,
  scalings: readonly Scaling[],
): Promise<{ rollout: Rollout; scaled: boolean }> {
  const { deployment } = rollout;
  const written = new Map<ReplicaSet, ReplicaSet>();
  let scaled = false;
  for (const { replicaSet, replicas } of scalings) {
    const before = replicasOf(replicaSet);
    const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && semanticEqual(annotations, replicaSet.metadata.annotations)) continue;
    written.set(
      replicaSet,
      await client.update(replicasets, {
        ...replicaSet,
        metadata: { ...replicaSet.metadata, annotations },
        spec: { ...replicaSet.spec!, replicas },
      }),
    );
    if (before === replicas) continue;
    scaled = true;
    const way = replicas > before ? 'up' : 'down';
    const message = `Scaled ${way} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
    events.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  const fresh = (set: ReplicaSet): ReplicaSet => written.get(set) ?? set;
  const { newSet, old } = rollout;
  return { scaled, rollout: { deployment, newSet: newSet && fresh(newSet), old: old.map(fresh) } };
}

/** Deletes old ReplicaSets beyond the history limit. */
export async function cleanUpHistory({ client }: Tools, { deployment, old }: Rollout): Promise<void> {
  for (const set of surplusHistory(deployment, old))
    try {
      await client.delete(replicasets, set.metadata.name, set.metadata.namespace, {
        propagationPolicy: 'Background',
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
}
