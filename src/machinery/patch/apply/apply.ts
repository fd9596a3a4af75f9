// Server-side apply (KEP-555): a pure function from the live object and a configuration to the object to store.
import { timestamp } from '../../clock.ts';
import { equal } from '../../equality.ts';
import { isObject } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { FieldSchema } from '../../schema.ts';
import { StatusError } from '../../status-error.ts';
import { configurationErrors, fieldSetOf } from './configuration.ts';
import { conflictError } from './conflict.ts';
import { difference, type FieldSet, intersection, noFields, union } from './field-set.ts';
import { allowedByLastApplied, refreshLastApplied } from './last-applied.ts';
import { type Manager, type Managers, managerId, readManagers, writeManagers } from './managers.ts';
import { mergeValues, removeFields, withDeclared } from './merge-values.ts';
import { rootSchema } from './shape.ts';
import {
  changes,
  contested,
  ignoredSet,
  release,
  stripped,
  type TrackOptions,
  updateManagers,
  withManagers,
  withoutManagers,
} from './track.ts';

export interface ApplyOptions extends TrackOptions {
  kind: string;
  /** Takes fields from other managers instead of refusing. */
  force: boolean;
}

const groupVersionKind = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

function checkConfiguration(applied: unknown, options: ApplyOptions): asserts applied is KubeObject {
  if (!isObject(applied))
    throw new StatusError('BadRequest', 'error decoding YAML: the configuration is no object');
  const { apiVersion, kind, metadata } = applied as KubeObject;
  if (apiVersion !== options.apiVersion || kind !== options.kind)
    throw new StatusError(
      'BadRequest',
      `invalid object type: ${groupVersionKind(String(apiVersion ?? ''), String(kind ?? ''))}`,
    );
  if (isObject(metadata) && metadata.managedFields !== undefined && metadata.managedFields !== null)
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  const errors = configurationErrors(applied, rootSchema(options.schema));
  if (errors.length === 0) return;
  const text = errors.length === 1 ? errors[0]! : `errors:\n${errors.map(line => `  ${line}`).join('\n')}`;
  const { namespace = '', name = '' } = metadata ?? {};
  const subject = `${namespace}/${name}; ${groupVersionKind(apiVersion, kind)}`;
  throw new StatusError('', `failed to create typed patch object (${subject}): ${text}`, undefined, 500);
}

/** Takes away what the manager applied last time, applies no more, and nobody else owns. */
function prune(merged: unknown, last: FieldSet, owned: FieldSet, schema: FieldSchema): unknown {
  if (last.empty) return merged;
  const declared = (set: FieldSet): FieldSet => withDeclared(set, schema);
  const all = declared(fieldSetOf(merged, schema));
  const fieldsOf = (value: unknown): FieldSet => fieldSetOf(value ?? {}, schema);
  let pruned = removeFields(merged, declared(last), schema);
  const keep = union(declared(fieldsOf(pruned)), declared(owned));
  pruned = removeFields(merged, difference(all, keep), schema);
  const gone = difference(all, declared(fieldsOf(pruned)));
  return removeFields(merged, intersection(gone, declared(last)), schema) ?? {};
}

interface Outcome {
  object: KubeObject;
  managers: Managers;
}

function run(
  live: KubeObject | undefined,
  applied: KubeObject,
  start: Managers,
  options: ApplyOptions,
  allowed: FieldSet | 'all',
): Outcome {
  const managers: Managers = new Map(start);
  const schema = rootSchema(options.schema);
  const current = withoutManagers(live ?? { metadata: {} });
  const identity: Omit<Manager, 'time' | 'fields'> = {
    manager: options.manager || 'unknown',
    operation: 'Apply',
    apiVersion: options.apiVersion,
    subresource: options.subresource ?? '',
  };
  const id = managerId(identity);
  const last = managers.get(id);
  const set = difference(fieldSetOf(applied, schema), ignoredSet(options.ignored), true);
  managers.set(id, { ...identity, time: last?.time, fields: set });
  const owned = [...managers.values()].reduce((sum, each) => union(sum, each.fields), noFields);
  const merged = mergeValues(current, applied, schema);
  const object = prune(merged, last?.fields ?? noFields, owned, schema) as KubeObject;
  const { added, removed, modified } = changes(live, object, options);
  const conflicts = contested(managers, union(modified, added), id);
  if (allowed !== 'all')
    for (const [manager, fields] of [...conflicts]) {
      const left = difference(fields, allowed);
      if (left.empty) conflicts.delete(manager);
      else conflicts.set(manager, left);
    }
  if (allowed !== 'all' && conflicts.size > 0) throw conflictError(conflicts, managers);
  release(managers, contested(managers, union(modified, added), id), removed, id);
  const own = stripped(managers.get(id)?.fields ?? noFields);
  const unchanged = live !== undefined && equal(current, object);
  const time = unchanged && last ? last.time : timestamp(options.now);
  if (own.empty) managers.delete(id);
  else managers.set(id, { ...identity, time, fields: own });
  return { object: unchanged ? current : object, managers };
}

/**
 * The object that `applied` makes of `live` (undefined: it does not exist yet), with managedFields; inputs stay as they are.
 * Neither defaulted nor validated: what defaulting adds belongs to nobody.
 * Throws BadRequest for a configuration of another type, 500 without reason for one that does not fit its schema (as upstream),
 * Conflict with one cause a field where other managers own what it would change, unless `force`.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  applied: unknown,
  options: ApplyOptions,
): KubeObject {
  checkConfiguration(applied, options);
  const managers: Managers = readManagers(live?.metadata?.managedFields) ?? new Map();
  if (managers.size === 0 && live)
    updateManagers(managers, undefined, live, { ...options, manager: 'before-first-apply' });
  const allowed = options.force ? 'all' : (allowedByLastApplied(live, options) ?? noFields);
  const outcome = run(live, applied, managers, options, allowed);
  const object = refreshLastApplied(outcome.object, applied, options);
  const result = withManagers(object, writeManagers(outcome.managers));
  return live && equal(live, result) ? live : result;
}
