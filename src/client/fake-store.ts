// The fake client's objects: one counter of revisions, a history for watches, deletion with finalizers and grace.
import type { V1DeleteOptions, V1PodSpec, V1PodStatus } from '../api/generated/types.ts';
import { apiVersionOf, type Resource } from '../api/resource.ts';
import { type Clock, timestamp } from '../machinery/clock.ts';
import { parseFieldSelector } from '../machinery/fields.ts';
import { deepFreeze } from '../machinery/freeze.ts';
import { parseLabelSelector } from '../machinery/labels-parse.ts';
import { type KubeObject, keyOf, type Stored } from '../machinery/object.ts';
import { type Random, randomSuffix, uuid } from '../machinery/random.ts';
import { alreadyExists, conflict, expired, modified, notFound } from '../machinery/status-errors.ts';

export type Any = Stored<KubeObject>;

export interface Change {
  revision: number;
  resource: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: Any;
  previous: Any | undefined;
}

export interface Selection {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export const resourceId = ({ group, version, resource }: Resource): string =>
  `${group}/${version}/${resource}`;

const field = (object: unknown, path: string): string => {
  const value = path
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], object);
  return value === undefined || value === null ? '' : String(value);
};

/** A predicate of what a list or watch selects; any path is a selectable field. */
export function selects({ namespace, labelSelector, fieldSelector }: Selection): (object: Any) => boolean {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : undefined;
  const fields = fieldSelector ? parseFieldSelector(fieldSelector) : undefined;
  return object =>
    (!namespace || object.metadata.namespace === namespace) &&
    (!labels || labels.matches(object.metadata.labels)) &&
    (!fields || fields.matches(path => field(object, path)));
}

/** Pods that run somewhere get their grace; everything else goes at once. */
const graceOf = (object: Any, options: V1DeleteOptions): number => {
  const { spec, status } = object as Any & { spec?: V1PodSpec; status?: V1PodStatus };
  if (object.kind !== 'Pod' || !spec?.nodeName) return 0;
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
};

export class FakeStore {
  readonly #objects = new Map<string, Map<string, Any>>();
  readonly #listeners = new Set<() => void>();
  readonly #clock: Clock;
  readonly #random: Random;
  #history: Change[] = [];
  #forgotten = 0;
  revision = 1;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  #of(resource: Resource): Map<string, Any> {
    const id = resourceId(resource);
    let objects = this.#objects.get(id);
    if (!objects) this.#objects.set(id, (objects = new Map()));
    return objects;
  }

  get(resource: Resource, key: string): Any {
    const found = this.#of(resource).get(key);
    if (!found) throw notFound(resource, key.slice(key.indexOf('/') + 1));
    return found;
  }

  list(resource: Resource, selection: Selection): Any[] {
    const matches = selects(selection);
    const found = [...this.#of(resource)].filter(([, object]) => matches(object));
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  #write(resource: Resource, type: Change['type'], object: KubeObject): Any {
    this.revision++;
    object.metadata = { ...object.metadata, resourceVersion: String(this.revision) };
    const key = keyOf(object);
    const objects = this.#of(resource);
    const previous = objects.get(key);
    const stored = deepFreeze(object) as Any;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, stored);
    this.#history.push({
      revision: this.revision,
      resource: resourceId(resource),
      type,
      object: stored,
      previous,
    });
    for (const listener of this.#listeners) listener();
    return stored;
  }

  create(resource: Resource, given: KubeObject, dryRun = false): Any {
    const object = structuredClone(given);
    const metadata = { ...object.metadata };
    if (!metadata.name && metadata.generateName) {
      metadata.name = metadata.generateName + randomSuffix(this.#random);
    }
    if (resource.namespaced) metadata.namespace ??= 'default';
    object.metadata = {
      ...metadata,
      uid: uuid(this.#random),
      creationTimestamp: metadata.creationTimestamp ?? timestamp(this.#clock.now()),
      generation: 1,
    };
    object.apiVersion = apiVersionOf(resource);
    object.kind = resource.kind;
    if (this.#of(resource).has(keyOf(object))) throw alreadyExists(resource, metadata.name ?? '');
    return dryRun ? (object as Any) : this.#write(resource, 'ADDED', object);
  }

  /** `change` gets a copy of the stored object; what it gives is written if it differs. */
  update(
    resource: Resource,
    key: string,
    expect: { uid?: string; resourceVersion?: string },
    change: (copy: Any) => KubeObject,
    dryRun = false,
  ): Any {
    const old = this.get(resource, key);
    const name = old.metadata.name;
    if (expect.resourceVersion && expect.resourceVersion !== old.metadata.resourceVersion) {
      throw modified(resource, name);
    }
    if (expect.uid && expect.uid !== old.metadata.uid) {
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${expect.uid}, UID in object meta: ${old.metadata.uid}`,
      );
    }
    const object = change(structuredClone(old)) as Any & { spec?: unknown };
    const { namespace, uid, creationTimestamp, resourceVersion, deletionTimestamp } = old.metadata;
    const { deletionGracePeriodSeconds, generation = 1 } = old.metadata;
    object.apiVersion = old.apiVersion;
    object.kind = old.kind;
    object.metadata = {
      ...object.metadata,
      name,
      namespace,
      uid,
      creationTimestamp,
      resourceVersion,
      generation,
    };
    if (deletionTimestamp) Object.assign(object.metadata, { deletionTimestamp, deletionGracePeriodSeconds });
    if (JSON.stringify(object) === JSON.stringify(old)) return old;
    const spec = (value: unknown): string => JSON.stringify((value as { spec?: unknown }).spec);
    if (spec(object) !== spec(old)) object.metadata.generation = generation + 1;
    if (dryRun) return object;
    const gone = deletionTimestamp && !object.metadata.finalizers?.length && !deletionGracePeriodSeconds;
    return this.#write(resource, gone ? 'DELETED' : 'MODIFIED', object);
  }

  delete(resource: Resource, key: string, options: V1DeleteOptions): void {
    const old = this.get(resource, key);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (
      (uid && uid !== old.metadata.uid) ||
      (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
    ) {
      throw conflict(resource, old.metadata.name, 'Precondition failed');
    }
    const object = structuredClone(old);
    const finalizers = new Set(object.metadata.finalizers);
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    const grace = graceOf(old, options);
    if (finalizers.size === 0 && grace === 0) {
      this.#write(resource, 'DELETED', object);
      return;
    }
    const before = old.metadata.deletionGracePeriodSeconds;
    if (old.metadata.deletionTimestamp && before !== undefined && before <= grace) return;
    if (finalizers.size > 0) object.metadata.finalizers = [...finalizers];
    object.metadata.deletionTimestamp = timestamp(this.#clock.now() + grace * 1000);
    object.metadata.deletionGracePeriodSeconds = grace;
    this.#write(resource, 'MODIFIED', object);
  }

  /** Changes after `revision`; throws Expired where they have been forgotten. */
  changesAfter(revision: number): Change[] {
    if (revision < this.#forgotten) {
      throw expired(`too old resource version: ${revision} (${this.#forgotten})`);
    }
    let at = this.#history.length;
    while (at > 0 && this.#history[at - 1]!.revision > revision) at--;
    return this.#history.slice(at);
  }

  forgetHistory(): void {
    this.#history = [];
    this.#forgotten = this.revision;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
