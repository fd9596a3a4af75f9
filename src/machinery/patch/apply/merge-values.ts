// A configuration laid over the live object (structured-merge-diff typed/merge.go, remove.go).
import { equal } from '../../equality.ts';
import { isObject, type JsonObject, own, setOwn } from '../../json.ts';
import type { FieldSchema } from '../../schema.ts';
import { type Element, fieldElement, itemElement } from './element.ts';
import { FieldSet, noFields } from './field-set.ts';
import { childSchema, isDeclared, itemSchema, shapeOf } from './shape.ts';

/** Live with all that `applied` says; what stays as it was is shared with `live`. */
export function mergeValues(live: unknown, applied: unknown, schema: FieldSchema): unknown {
  if (applied === undefined || applied === live) return live;
  if (live === undefined || live === null) return applied;
  const shape = shapeOf(schema, applied);
  if (shape === 'fields' && isObject(live) && isObject(applied)) return mergeFields(live, applied, schema);
  if (shape === 'items' && Array.isArray(live) && Array.isArray(applied) && live.length + applied.length > 0)
    return mergeItems(live, applied, schema);
  return equal(live, applied) ? live : applied;
}

function mergeFields(live: JsonObject, applied: JsonObject, schema: FieldSchema): JsonObject {
  let result = live;
  for (const key of Object.keys(applied)) {
    const old = own(live, key);
    const made = mergeValues(old, applied[key], childSchema(schema, key));
    if (made === old) continue;
    if (result === live) result = { ...live };
    setOwn(result, key, made);
  }
  return result;
}

/** Applied items in their order, the live ones that nobody applied where they were among them. */
function mergeItems(live: unknown[], applied: unknown[], schema: FieldSchema): unknown[] {
  const element = itemSchema(schema);
  const liveElements = live.map(item => itemElement(schema, item));
  const liveItems = new Map<Element | undefined, unknown>();
  liveElements.forEach((each, i) => {
    // An item that is there twice is not merged with: the applied one stands alone.
    liveItems.set(each, liveItems.has(each) ? undefined : live[i]);
  });
  const appliedElements = applied.map(item => itemElement(schema, item));
  const appliedSet = new Set(appliedElements);
  const shared = appliedElements.filter(each => liveItems.has(each));
  const merged = new Set<Element | undefined>();
  const result: unknown[] = [];
  let next = 0;
  let l = 0;
  let r = 0;
  while (l < live.length || r < applied.length) {
    const left = liveElements[l];
    const both = l < live.length && r < applied.length;
    if (l < live.length && !appliedSet.has(left)) {
      result.push(live[l++]);
      continue;
    }
    const equalElements = both && left === appliedElements[r];
    // A shared item out of its turn comes with the applied ones.
    if (both && !equalElements && next < shared.length && shared[next] !== left) {
      l++;
      continue;
    }
    if (equalElements || (l < live.length && merged.has(left))) l++;
    if (r >= applied.length) continue;
    const each = appliedElements[r];
    result.push(mergeValues(liveItems.get(each), applied[r], element));
    merged.add(each);
    if (shared[next] === each) next++;
    r++;
  }
  return result.length === live.length && result.every((item, i) => item === live[i]) ? live : result;
}

/** `value` without what `gone` names; undefined where nothing is left. */
export function removeFields(value: unknown, gone: FieldSet, schema: FieldSchema): unknown {
  if (gone.empty) return value;
  const shape = shapeOf(schema, value);
  if (shape === 'items' && Array.isArray(value)) {
    const kept = value.flatMap(item => {
      const element = itemElement(schema, item);
      if (element === undefined) return [item];
      if (gone.members.has(element)) return [];
      return [removeFields(item, gone.children.get(element) ?? noFields, itemSchema(schema))];
    });
    if (kept.length === value.length && kept.every((item, i) => item === value[i])) return value;
    return kept.length > 0 ? kept : undefined;
  }
  if (shape !== 'fields' || !isObject(value))
    return shape === 'leaf' && isContainer(value) ? undefined : value;
  let result = value;
  const change = (): JsonObject => {
    if (result === value) result = { ...value };
    return result;
  };
  for (const key of Object.keys(value)) {
    const element = fieldElement(key);
    const below = gone.children.get(element);
    if (gone.members.has(element)) delete change()[key];
    else if (below) {
      const made = removeFields(value[key], below, childSchema(schema, key));
      if (made === undefined) delete change()[key];
      else if (made !== value[key]) setOwn(change(), key, made);
    }
  }
  return Object.keys(result).length > 0 || result === value ? result : undefined;
}

/** Atomic lists, maps and structs, asked to lose a part, go as a whole. */
const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** The set with the declared fields on the way to its paths: a set of `a.b.c` then has `a` too, where `a` is declared. */
export function withDeclared(set: FieldSet, schema: FieldSchema | undefined): FieldSet {
  const members = new Set(set.members);
  const children = new Map<Element, FieldSet>();
  for (const [element, child] of set.children) {
    const key = element.startsWith('f:') ? element.slice(2) : undefined;
    if (key !== undefined && schema && isDeclared(schema, key)) members.add(element);
    const below =
      key === undefined
        ? schema?.element
        : schema && (schema.struct ? schema.struct.field(key) : schema.element);
    children.set(element, withDeclared(child, below));
  }
  return new FieldSet(members, children);
}
