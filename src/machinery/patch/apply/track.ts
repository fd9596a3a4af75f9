// Who owns which fields after a create, update or patch (apimachinery pkg/util/managedfields, structured-merge-diff merge/update.go).
import type { V1ManagedFieldsEntry } from '../../../api/generated/types.ts';
import { timestamp } from '../../clock.ts';
import { equal } from '../../equality.ts';
import type { KubeObject } from '../../object.ts';
import type { StructSchema } from '../../schema.ts';
import { type Comparison, compareValues } from './compare.ts';
import { fieldElement } from './element.ts';
import { difference, type FieldSet, intersection, noFields, setOf, union } from './field-set.ts';
import {
  capManagers,
  isReset,
  type Manager,
  type Managers,
  managerId,
  readManagers,
  writeManagers,
} from './managers.ts';
import { rootSchema } from './shape.ts';

export interface TrackOptions {
  schema: StructSchema;
  /** Of the request: `apps/v1`. */
  apiVersion: string;
  /** The fieldManager of the request, or the user agent's first part; empty counts as `unknown`. */
  manager: string;
  /** `status`, `scale` …; absent for the object itself. */
  subresource?: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Fields that this endpoint never changes, as paths of field names (`[['status']]` on the object itself): nobody owns them by it. */
  ignored?: readonly (readonly string[])[];
}

const metadataField = (name: string): string[] => [fieldElement('metadata'), fieldElement(name)];

/** What is never owned. */
const neverOwned = setOf(
  [fieldElement('apiVersion')],
  [fieldElement('kind')],
  [fieldElement('metadata')],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map(metadataField),
);

export const stripped = (set: FieldSet): FieldSet => difference(set, neverOwned);

export const ignoredSet = (paths: TrackOptions['ignored']): FieldSet =>
  paths && paths.length > 0 ? setOf(...paths.map(path => path.map(fieldElement))) : noFields;

/** The object without managedFields (the same object if it has none). */
export function withoutManagers<T extends KubeObject>(object: T): T {
  if (!object.metadata || object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object with these entries; the same object if it has them already. */
export function withManagers<T extends KubeObject>(
  object: T,
  entries: V1ManagedFieldsEntry[] | undefined,
): T {
  const old = object.metadata?.managedFields;
  if (entries === undefined) return withoutManagers(object);
  return equal(old, entries)
    ? object
    : { ...object, metadata: { ...object.metadata, managedFields: entries } };
}

const emptyObject: KubeObject = { metadata: {} };

/** What changed, but for what the endpoint does not touch. */
export function changes(
  live: KubeObject | undefined,
  object: KubeObject,
  options: Pick<TrackOptions, 'schema' | 'ignored'>,
): Comparison {
  const found = compareValues(
    withoutManagers(live ?? emptyObject),
    withoutManagers(object),
    rootSchema(options.schema),
  );
  const ignored = ignoredSet(options.ignored);
  return {
    added: difference(found.added, ignored, true),
    removed: difference(found.removed, ignored, true),
    modified: difference(found.modified, ignored, true),
  };
}

/** What each manager but `except` owns of the changed fields. */
export function contested(managers: Managers, changed: FieldSet, except: string): Map<string, FieldSet> {
  const result = new Map<string, FieldSet>();
  for (const [id, { fields }] of managers) {
    if (id === except) continue;
    const taken = intersection(fields, changed);
    if (!taken.empty) result.set(id, taken);
  }
  return result;
}

/** All managers but `except` lose what was taken from them and what is gone; those left with nothing go. */
export function release(
  managers: Managers,
  taken: ReadonlyMap<string, FieldSet>,
  removed: FieldSet,
  except: string,
): void {
  for (const [id, each] of managers) {
    let { fields } = each;
    if (id !== except) fields = difference(difference(fields, taken.get(id) ?? noFields), removed);
    if (fields.empty) managers.delete(id);
    else if (fields !== each.fields) managers.set(id, { ...each, fields });
  }
}

/**
 * Gives `changed` to the manager of this operation and takes it from the others. True if it owns anything new.
 */
export function updateManagers(
  managers: Managers,
  live: KubeObject | undefined,
  object: KubeObject,
  options: TrackOptions,
): void {
  const { added, removed, modified } = changes(live, object, options);
  if (added.empty && removed.empty && modified.empty) return;
  const changed = union(modified, added);
  release(managers, contested(managers, changed, ''), removed, '');
  const fields = stripped(changed);
  if (fields.empty) return;
  const identity: Omit<Manager, 'time' | 'fields'> = {
    manager: options.manager || 'unknown',
    operation: 'Update',
    apiVersion: options.apiVersion,
    subresource: options.subresource ?? '',
  };
  const id = managerId(identity);
  const known = managers.get(id)?.fields ?? noFields;
  managers.set(id, { ...identity, time: timestamp(options.now), fields: union(fields, known) });
}

/** The managers that a write starts from: those it brings, or the live object's. */
function startingManagers(live: KubeObject | undefined, object: KubeObject, subresource: boolean): Managers {
  const ofLive = (): Managers => readManagers(live?.metadata?.managedFields) ?? new Map();
  if (subresource) return ofLive();
  const brought = object.metadata?.managedFields;
  if (isReset(brought)) return new Map();
  if (brought === live?.metadata?.managedFields) return ofLive();
  const managers = readManagers(brought);
  return managers && managers.size > 0 ? managers : ofLive();
}

/**
 * `object`, about to be stored, with managedFields brought up to date. `live` is what is stored now (undefined on create).
 * Neither is changed; without a change of owners `object` comes back as it is.
 */
export function trackUpdate<T extends KubeObject>(
  live: KubeObject | undefined,
  object: T,
  options: TrackOptions,
): T {
  const managers = startingManagers(live, object, Boolean(options.subresource));
  // Who has reset the managers of an object has them tracked again with the next apply.
  if (managers.size === 0 && live?.metadata?.uid) return withoutManagers(object);
  updateManagers(managers, live, object, options);
  capManagers(managers);
  return withManagers(object, writeManagers(managers));
}
