// metadata.managedFields as a map of managers (apimachinery pkg/util/managedfields/internal, v1.36).
import type { V1ManagedFieldsEntry } from '../../../api/generated/types.ts';
import { type FieldSet, fromFieldsV1, toFieldsV1, union } from './field-set.ts';

export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string | undefined;
  fields: FieldSet;
}

/** By what identifies a manager: appliers are the same in all versions. */
export type Managers = Map<string, Manager>;

type Identity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

export const managerId = ({ manager, operation, apiVersion, subresource }: Identity): string =>
  JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);

/** Undefined where an entry is malformed: upstream then goes by the live object's. */
export function readManagers(entries: readonly V1ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { manager = '', operation, apiVersion, subresource = '', time, fieldsType, fieldsV1 } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || fieldsType !== 'FieldsV1')
      return undefined;
    try {
      const fields = fromFieldsV1(fieldsV1);
      const made: Manager = { manager, operation, apiVersion, subresource, time: time ?? undefined, fields };
      managers.set(managerId(made), made);
    } catch {
      return undefined;
    }
  }
  return managers;
}

const seconds = (time: string | undefined): number => (time ? Math.floor(Date.parse(time) / 1000) : 0);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inOrder = (a: Manager, b: Manager): number =>
  byText(a.operation, b.operation) ||
  seconds(a.time) - seconds(b.time) ||
  byText(a.manager, b.manager) ||
  byText(a.apiVersion, b.apiVersion) ||
  byText(a.subresource, b.subresource);

/** The wire form, sorted as upstream sorts it; undefined where nobody manages anything. */
export function writeManagers(managers: Managers): V1ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(inOrder).map(each => ({
    ...(each.manager ? { manager: each.manager } : {}),
    operation: each.operation,
    apiVersion: each.apiVersion,
    ...(each.time ? { time: each.time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(each.fields),
    ...(each.subresource ? { subresource: each.subresource } : {}),
  }));
}

/** True for a write that asks to forget all managers: an empty list, or one empty entry. */
export const isReset = (entries: readonly V1ManagedFieldsEntry[] | undefined | null): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0));

/** More managers by update than this are merged into one of this name for each version, the oldest first. */
const mostUpdateManagers = 10;
const oldUpdates = 'ancient-changes';

export function capManagers(managers: Managers): void {
  const updaters = [...managers].filter(([, each]) => each.operation === 'Update');
  if (updaters.length <= mostUpdateManagers) return;
  updaters.sort(([idA, a], [idB, b]) => seconds(a.time) - seconds(b.time) || byText(idA, idB));
  const firstOf = new Map<string, string>();
  let count = updaters.length;
  for (const [id, updater] of updaters) {
    if (count <= mostUpdateManagers) return;
    const { apiVersion, time } = updater;
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, id);
      continue;
    }
    const identity = { manager: oldUpdates, operation: 'Update', apiVersion, subresource: '' } as const;
    const bucketId = managerId(identity);
    const bucket = managers.get(bucketId) ?? managers.get(first)!;
    if (!managers.has(bucketId)) managers.delete(first);
    managers.delete(id);
    managers.set(bucketId, { ...identity, time, fields: union(updater.fields, bucket.fields) });
    count--;
  }
}
