// Values against a structural schema, with the words of upstream's validator (kube-openapi pkg/validation, apiextensions-apiserver).
import type { V1StatusCause } from '../../api/generated/types.ts';
import { Causes } from '../../api/validation/causes.ts';
import { equal } from '../../machinery/equality.ts';
import { isObject } from '../../machinery/json.ts';
import { quote } from '../../machinery/quote.ts';
import type { JsonSchema } from './json-schema.ts';

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
};

const formats: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/,
  email: /^[^@\s]+@[^@\s]+$/,
  ipv4: /^(\d{1,3}\.){3}\d{1,3}$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
};

const patterns = new Map<string, RegExp>();
function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (!pattern) patterns.set(source, (pattern = new RegExp(source, 'u')));
  return pattern;
}

class Validator {
  readonly causes = new Causes();

  check(schema: JsonSchema, value: unknown, path: string): void {
    if (value === null && schema.nullable) return;
    if (!this.#type(schema, value, path)) return;
    if (schema.enum && !schema.enum.some(one => equal(one, value))) {
      this.causes.notSupported(
        path,
        value,
        schema.enum.map(one => (typeof one === 'string' ? one : JSON.stringify(one))),
      );
    }
    if (typeof value === 'string') this.#string(schema, value, path);
    else if (typeof value === 'number') this.#number(schema, value, path);
    else if (Array.isArray(value)) this.#list(schema, value, path);
    else if (isObject(value)) this.#object(schema, value, path);
    this.#combinations(schema, value, path);
  }

  #type(schema: JsonSchema, value: unknown, path: string): boolean {
    const is = typeOf(value);
    if (schema['x-kubernetes-int-or-string']) {
      if (is === 'integer' || is === 'string') return true;
      this.causes.invalid(path, is, `${path} in body must be of type integer,string: ${quote(is)}`);
      return false;
    }
    const { type } = schema;
    if (!type || type === is || (type === 'number' && is === 'integer')) return true;
    this.causes.invalid(path, is, `${path} in body must be of type ${type}: ${quote(is)}`);
    return false;
  }

  #string(schema: JsonSchema, value: string, path: string): void {
    const { minLength, maxLength, pattern, format } = schema;
    const length = [...value].length;
    if (maxLength !== undefined && length > maxLength) this.causes.tooLong(path, maxLength);
    if (minLength !== undefined && length < minLength)
      this.causes.invalid(path, value, `${path} in body should be at least ${minLength} chars long`);
    if (pattern && !patternOf(pattern).test(value))
      this.causes.invalid(path, value, `${path} in body should match '${pattern}'`);
    const shape = format ? formats[format] : undefined;
    if (shape && !shape.test(value))
      this.causes.invalid(path, value, `${path} in body must be of type ${format}: ${quote(value)}`);
  }

  #number(schema: JsonSchema, value: number, path: string): void {
    const { minimum, maximum, multipleOf } = schema;
    if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
      this.causes.invalid(
        path,
        value,
        `${path} in body should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
      );
    if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
      this.causes.invalid(
        path,
        value,
        `${path} in body should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`,
      );
    if (multipleOf && value % multipleOf !== 0)
      this.causes.invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`);
  }

  #list(schema: JsonSchema, value: unknown[], path: string): void {
    const { minItems, maxItems, items } = schema;
    if (maxItems !== undefined && value.length > maxItems) this.causes.tooMany(path, value.length, maxItems);
    if (minItems !== undefined && value.length < minItems)
      this.causes.invalid(path, value.length, `${path} in body should have at least ${minItems} items`);
    value.forEach((item, i) => {
      if (items) this.check(items, item, `${path}[${i}]`);
    });
    const { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys } = schema;
    const unique = schema.uniqueItems || type === 'set' || type === 'map';
    if (!unique) return;
    const seen = new Set<string>();
    value.forEach((item, i) => {
      const identity = keys && isObject(item) ? Object.fromEntries(keys.map(key => [key, item[key]])) : item;
      const key = JSON.stringify(identity);
      if (seen.has(key)) this.causes.duplicate(`${path}[${i}]`, identity);
      seen.add(key);
    });
  }

  #object(schema: JsonSchema, value: Record<string, unknown>, path: string): void {
    const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema;
    const at = (key: string): string => (path ? `${path}.${key}` : key);
    for (const key of required) if (!Object.hasOwn(value, key)) this.causes.required(at(key));
    const count = Object.keys(value).length;
    if (maxProperties !== undefined && count > maxProperties) this.causes.tooMany(path, count, maxProperties);
    if (minProperties !== undefined && count < minProperties)
      this.causes.invalid(path, count, `${path} in body should have at least ${minProperties} properties`);
    for (const key of Object.keys(value).sort()) {
      const child = value[key];
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (property) this.check(property, child, at(key));
      else if (isObject(additionalProperties)) this.check(additionalProperties, child, at(key));
    }
  }

  #combinations({ allOf, anyOf, oneOf, not }: JsonSchema, value: unknown, path: string): void {
    const holds = (schema: JsonSchema): boolean => validateValue(schema, value, path).length === 0;
    for (const schema of allOf ?? []) this.check(schema, value, path);
    if (anyOf && !anyOf.some(holds))
      this.causes.invalid(path, value, `${path} in body must validate at least one schema (anyOf)`);
    if (oneOf && oneOf.filter(holds).length !== 1)
      this.causes.invalid(path, value, `${path} in body must validate one and only one schema (oneOf)`);
    if (not && holds(not))
      this.causes.invalid(path, value, `${path} in body must not validate the schema (not)`);
  }
}

/** What is wrong with a value; empty where nothing is. */
export function validateValue(schema: JsonSchema, value: unknown, path = ''): V1StatusCause[] {
  const validator = new Validator();
  validator.check(schema, value, path);
  return validator.causes.list;
}

/** Fills in the schema's defaults, in place. */
export function applyDefaults(schema: JsonSchema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(schema.items, item);
  } else if (isObject(value)) {
    const { properties = {}, additionalProperties } = schema;
    for (const [key, property] of Object.entries(properties)) {
      const missing = value[key] === undefined || (value[key] === null && !property.nullable);
      if (missing && property.default !== undefined) value[key] = structuredClone(property.default);
      if (value[key] !== undefined) applyDefaults(property, value[key]);
    }
    if (!isObject(additionalProperties)) return;
    for (const [key, child] of Object.entries(value))
      if (!Object.hasOwn(properties, key)) applyDefaults(additionalProperties, child);
  }
}
