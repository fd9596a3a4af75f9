// Revisions of DaemonSets and StatefulSets as ControllerRevision objects (upstream: pkg/controller/history).
import { controllerrevisions } from '../../api/generated/resources/apps.v1.ts';
import type { V1ControllerRevision, V1PodTemplateSpec } from '../../api/generated/types.ts';
import type { Resource } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { objectHash } from '../../machinery/hash.ts';
import { controllerOf, type KubeObject, type Stored } from '../../machinery/object.ts';
import { isAlreadyExists, isNotFound } from '../../machinery/status-error.ts';
import { controllerReference } from './owners.ts';

export type Revision = Stored<V1ControllerRevision>;
export const revisionLabel = 'controller-revision-hash';

/** What of the owner a revision keeps: a patch that puts the template back. */
const dataOf = (template: V1PodTemplateSpec | undefined) => ({
  spec: { template: { ...template, $patch: 'replace' } },
});

/** The template that a revision holds. */
export const templateOf = (revision: V1ControllerRevision): V1PodTemplateSpec => {
  const { $patch: _, ...template } = (revision.data as ReturnType<typeof dataOf>).spec.template;
  return template as V1PodTemplateSpec;
};

const byRevision = (a: Revision, b: Revision): number => a.revision - b.revision;

export interface History {
  /** The revision of the present template. */
  current: Revision;
  /** All, oldest first, the present one last. */
  all: Revision[];
  /** Changed where a name was taken by another template. */
  collisionCount: number;
}

/** Finds, raises or makes the revision of the present template. */
export async function syncHistory(
  client: Client,
  resource: Resource,
  owner: Stored<KubeObject>,
  template: V1PodTemplateSpec | undefined,
  known: readonly Revision[],
  collisions: number,
): Promise<History> {
  const data = dataOf(template);
  const sorted = [...known].sort(byRevision);
  const highest = sorted.at(-1)?.revision ?? 0;
  const same = sorted.findLast(revision => semanticEqual(revision.data, data));
  if (same) {
    const others = sorted.filter(revision => revision !== same);
    const current =
      same.revision === highest
        ? same
        : await client.update(controllerrevisions, { ...same, revision: highest + 1 });
    return { current, all: [...others, current], collisionCount: collisions };
  }
  for (let collisionCount = collisions; ; collisionCount++) {
    const hash = objectHash(data, collisionCount);
    const { name, namespace } = owner.metadata;
    const metadata = {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template?.metadata?.labels, [revisionLabel]: hash },
      annotations: owner.metadata.annotations,
      ownerReferences: [controllerReference(resource, owner)],
    };
    try {
      const current = await client.create(controllerrevisions, { metadata, data, revision: highest + 1 });
      return { current, all: [...sorted, current], collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const taken = await client.get(controllerrevisions, metadata.name, namespace);
      if (controllerOf(taken)?.uid === owner.metadata.uid && semanticEqual(taken.data, data))
        return { current: taken, all: [...sorted, taken], collisionCount };
    }
  }
}

/** Deletes the oldest revisions that nothing uses beyond `limit`. */
export async function truncateHistory(
  client: Client,
  all: readonly Revision[],
  inUse: ReadonlySet<string>,
  limit: number,
): Promise<void> {
  const unused = all.filter(({ metadata }) => !inUse.has(metadata.name));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit)))
    try {
      await client.delete(controllerrevisions, metadata.name, metadata.namespace);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
}
