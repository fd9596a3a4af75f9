// Strategic merge patch: what `kubectl apply`, `edit`, `set`, `patch` send (apimachinery pkg/util/strategicpatch, v1.36).
import { isObject, type JsonObject, setOwn } from '../json.ts';
import type { FieldSchema, StructSchema } from '../schema.ts';
import { StatusError } from '../status-error.ts';
import { mergeLists, type ObjectMerge, orderList } from './strategic-lists.ts';

const patchMarker = '$patch';
const retainKeys = '$retainKeys';
const orderPrefix = '$setElementOrder';
const deletePrefix = '$deleteFromPrimitiveList';

const badFormat = (what: string): StatusError =>
  new StatusError('BadRequest', `invalid patch format of ${what}`);

/** What patches know of one object's fields: those of a struct, the one element of a map, or nothing. */
interface Fields {
  name: string;
  of(field: string): FieldSchema | undefined;
}
const structFields = (struct: StructSchema): Fields => ({
  name: struct.name,
  of: field => struct.field(field),
});
function fieldsOf(schema: FieldSchema | undefined): Fields {
  if (schema?.struct) return structFields(schema.struct);
  return { name: 'map', of: () => schema?.element };
}

const isDirective = (key: string): boolean =>
  key === patchMarker || key === retainKeys || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);

const nothing = Symbol('nothing');

/** The value a patch brings where there was none: no nulls, no directives; `nothing` for what only asks for deletion. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain).filter(item => item !== nothing);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, patchMarker)) return nothing;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] === null || value[key] === undefined || isDirective(key)) continue;
    const made = plain(value[key]);
    if (made !== nothing) setOwn(result, key, made);
  }
  return result;
}

/** Copies on the first change only. */
class Draft {
  readonly original: JsonObject;
  #copy: JsonObject | undefined;
  constructor(original: JsonObject) {
    this.original = original;
  }
  get value(): JsonObject {
    return this.#copy ?? this.original;
  }
  get(key: string): unknown {
    return Object.hasOwn(this.value, key) ? this.value[key] : undefined;
  }
  set(key: string, value: unknown): void {
    if (this.get(key) === value) return;
    this.#copy ??= { ...this.original };
    setOwn(this.#copy, key, value);
  }
  delete(key: string): void {
    if (!Object.hasOwn(this.value, key)) return;
    this.#copy ??= { ...this.original };
    delete this.#copy[key];
  }
}

function keepOnlyRetained(draft: Draft, patch: JsonObject): void {
  const list = patch[retainKeys];
  if (list === undefined) return;
  if (!Array.isArray(list)) throw badFormat('retainKeys');
  const retained = new Set<unknown>(list);
  for (const key of Object.keys(patch)) {
    const free = patch[key] === null || isDirective(key);
    if (!free && !retained.has(key)) throw badFormat('retainKeys');
  }
  for (const key of Object.keys(draft.value)) if (!retained.has(key)) draft.delete(key);
}

function namedBy(directive: string, what: string): string {
  const slash = directive.indexOf('/');
  if (slash < 0) throw badFormat(what);
  return directive.slice(slash + 1);
}

function listOf(value: unknown): unknown[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value;
  const type = value === null ? '<nil>' : isObject(value) ? 'map[string]interface {}' : typeof value;
  throw new StatusError('', `expected a []interface {}, but received a ${type}`, undefined, 500);
}

/** Lists whose order the patch says: merged first, so that the later pass leaves them alone. Returns their names. */
function mergeOrderedLists(draft: Draft, patch: JsonObject, fields: Fields): Set<string> {
  const done = new Set<string>();
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const order = listOf(patch[directive]) ?? [];
    const key = namedBy(directive, 'setElementOrder list');
    const old = listOf(draft.get(key));
    const wanted = listOf(patch[key] ?? undefined);
    const schema = fields.of(key);
    if (!schema)
      throw new StatusError(
        '',
        `unable to find api field in struct ${fields.name} for the json field "${key}"`,
        undefined,
        500,
      );
    const merged = old && wanted ? mergeListField(old, wanted, schema) : (old ?? plain(wanted));
    if (!Array.isArray(merged)) continue;
    const mergeKey = schema.mergeKey ?? '';
    draft.set(key, orderList(merged, order, old ?? [], wanted ?? [], mergeKey));
    done.add(key);
  }
  return done;
}

function mergeListField(old: unknown[], wanted: unknown[], schema: FieldSchema | undefined): unknown[] {
  if (!schema?.patchStrategy?.includes('merge')) return wanted;
  const fields = fieldsOf(schema.element);
  const mergeElement: ObjectMerge = (element, patch) => mergeObjects(element, patch, fields);
  return mergeLists(old, wanted, schema.mergeKey ?? '', mergeElement, item => plain(item));
}

function mergedField(old: unknown, wanted: unknown, schema: FieldSchema | undefined): unknown {
  if (isObject(old) && isObject(wanted)) {
    const replaces = schema?.patchStrategy?.includes('replace');
    return replaces ? wanted : mergeObjects(old, wanted, fieldsOf(schema));
  }
  return Array.isArray(old) && Array.isArray(wanted) ? mergeListField(old, wanted, schema) : plain(wanted);
}

function mergeField(draft: Draft, key: string, wanted: unknown, schema: FieldSchema | undefined): void {
  const gone = wanted === null || wanted === undefined;
  const value = gone ? nothing : mergedField(draft.get(key), wanted, schema);
  if (value === nothing) draft.delete(key);
  else draft.set(key, value);
}

function deleteFromList(draft: Draft, key: string, values: unknown): void {
  const old = draft.get(key);
  if (!Array.isArray(old) || !Array.isArray(values)) return;
  const kept = old.filter(item => !values.includes(item));
  if (kept.length !== old.length) draft.set(key, kept);
}

function mergeObjects(original: JsonObject, patch: JsonObject, fields: Fields): JsonObject {
  if (Object.hasOwn(patch, patchMarker)) {
    const { [patchMarker]: directive, ...rest } = patch;
    if (directive === 'replace') return rest;
    if (directive === 'delete') return {};
    throw new StatusError(
      '',
      `unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`,
      undefined,
      500,
    );
  }
  const draft = new Draft(original);
  keepOnlyRetained(draft, patch);
  const done = mergeOrderedLists(draft, patch, fields);
  for (const key of Object.keys(patch)) {
    if (key === retainKeys || key.startsWith(orderPrefix) || done.has(key)) continue;
    if (key.startsWith(deletePrefix)) deleteFromList(draft, namedBy(key, 'primitive list'), patch[key]);
    else mergeField(draft, key, patch[key], fields.of(key));
  }
  return draft.value;
}

/**
 * The patched object; what did not change is shared with `current`.
 * Throws BadRequest for a malformed patch, 422 for lists of lists, and 500 without reason where upstream does.
 */
export function applyStrategicPatch<T extends object>(current: T, patch: unknown, schema: StructSchema): T {
  if (!isObject(patch))
    throw new StatusError(
      'BadRequest',
      `json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    );
  return mergeObjects(current as JsonObject, patch, structFields(schema)) as T;
}
