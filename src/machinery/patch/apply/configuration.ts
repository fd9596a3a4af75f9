// An applied configuration: the fields it sets, and whether it fits its type
// (structured-merge-diff typed/tofieldset.go, validate.go).
import { isObject, type JsonObject } from '../../json.ts';
import { quote } from '../../quote.ts';
import type { FieldSchema } from '../../schema.ts';
import { type Element, elementText, fieldElement, itemElement } from './element.ts';
import { FieldSet } from './field-set.ts';
import { childSchema, isDeclared, itemSchema, shapeOf } from './shape.ts';

/** The fields that a configuration owns when it is applied. */
export function fieldSetOf(value: unknown, schema: FieldSchema): FieldSet {
  const set = new FieldSet();
  visit(value, schema, [], set);
  return set;
}

function visit(value: unknown, schema: FieldSchema, path: Element[], set: FieldSet): void {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf') set.insert(path);
  else if (shape === 'items' && Array.isArray(value)) visitItems(value, schema, path, set);
  if (shape !== 'fields' || !isObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = value[key];
    if (child === undefined) continue;
    const at = [...path, fieldElement(key)];
    visit(child, childSchema(schema, key), at, set);
    const bare = child === null || (isObject(child) && Object.keys(child).length === 0);
    if (bare || !isDeclared(schema, key)) set.insert(at);
  }
}

function visitItems(list: unknown[], schema: FieldSchema, path: Element[], set: FieldSet): void {
  const counts = new Map<Element, number>();
  for (const item of list) {
    const element = itemElement(schema, item);
    if (element !== undefined) counts.set(element, (counts.get(element) ?? 0) + 1);
  }
  for (const item of list) {
    const element = itemElement(schema, item);
    if (element === undefined) continue;
    const at = [...path, element];
    if (counts.get(element) === 1) visit(item, itemSchema(schema), at, set);
    set.insert(at);
  }
}

const goType = (value: unknown): string => {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
};
const shown = (value: unknown): string =>
  `&value.valueUnstructured{Value:${typeof value === 'string' ? quote(value) : JSON.stringify(value)}}`;

function wrongScalar(value: unknown, schema: FieldSchema): string | undefined {
  if (value === null) return undefined;
  const type = typeof value;
  switch (schema.scalar) {
    case 'number':
      return type === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'boolean':
      return type === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`;
    case 'quantity':
    case 'int-or-string':
      return type === 'object' ? `expected any scalar, got ${shown(value)}` : undefined;
    default:
      return type === 'string' ? undefined : `expected string, got ${shown(value)}`;
  }
}

/** What does not fit, one line each, with the path in front; no item may be there twice. */
export function configurationErrors(value: unknown, schema: FieldSchema, path = ''): string[] {
  if (value === null || value === undefined) return [];
  const at = (text: string): string[] => [`${path}: ${text}`];
  switch (schema.kind) {
    case 'scalar': {
      const wrong = wrongScalar(value, schema);
      return wrong ? at(wrong) : [];
    }
    case 'list':
      return Array.isArray(value)
        ? listErrors(value, schema, path)
        : at(`expected list, got ${shown(value)}`);
    case 'struct':
    case 'map':
      return isObject(value) ? objectErrors(value, schema, path) : at(`expected map, got ${shown(value)}`);
    default:
      return [];
  }
}

function objectErrors(value: JsonObject, schema: FieldSchema, path: string): string[] {
  return Object.keys(value).flatMap(key => {
    const below = `${path}.${key}`;
    if (schema.struct && !schema.struct.field(key)) return [`${below}: field not declared in schema`];
    return configurationErrors(value[key], childSchema(schema, key), below);
  });
}

function listErrors(list: unknown[], schema: FieldSchema, path: string): string[] {
  const byItem = schema.listType === 'map' || schema.listType === 'set';
  const seen = new Set<Element>();
  const errors: string[] = [];
  for (const [i, item] of list.entries()) {
    const element = byItem ? itemElement(schema, item) : undefined;
    if (byItem && element === undefined) {
      errors.push(`${path}: element ${i}: ${whyNoElement(item, schema)}`);
      continue;
    }
    const name = element === undefined ? `[${i}]` : elementText(element);
    if (element !== undefined) {
      if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${name}`);
      seen.add(element);
    }
    errors.push(...configurationErrors(item, itemSchema(schema), path + name));
  }
  return errors;
}

function whyNoElement(item: unknown, { listType, mapKeys }: FieldSchema): string {
  if (listType === 'set') {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    return Array.isArray(item)
      ? 'not supported: associative list with lists as elements'
      : "associative list without keys has an element that's a map type";
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  const keys = (mapKeys ?? []).map(quote).join(' ');
  return `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`;
}
