// From parsed JSON to an object of a type: fields that the type lacks are told and dropped, values are normalised.
import { isObject, type JsonObject, setOwn } from '../json.ts';
import type { FieldSchema, StructSchema } from '../schema.ts';
import { decodeScalar, mismatch, zeroOf } from './scalars.ts';

export interface Decoded<T> {
  /** The very value that was given where nothing had to change. */
  object: T;
  /** Paths of dropped fields: `spec.template.spec.containers[0].imaeg`. */
  unknown: string[];
}

/** Upstream lists no more of them. */
const mostUnknown = 100;

/** Names of Go types from names of models: `V1DeploymentSpec` is `DeploymentSpec`. */
const goName = (model: string): string =>
  model.replace(
    /^(?:Core|Events|Discovery|Admissionregistration|Apiextensions|Flowcontrol|RbacAuthorization|Storage)?V\d+(?:(?:alpha|beta)\d+)?/,
    '',
  );

const packageOf = (model: string): string =>
  /V\d+(?:(?:alpha|beta)\d+)?/.exec(model)?.[0].toLowerCase() ?? 'v1';

const goScalars: Readonly<Record<string, string>> = {
  boolean: 'bool',
  number: 'int32',
  'int-or-string': 'intstr.IntOrString',
  time: 'v1.Time',
  quantity: 'resource.Quantity',
  bytes: '[]uint8',
  string: 'string',
};

function goType(schema: FieldSchema): string {
  if (schema.struct) return `${packageOf(schema.struct.name)}.${goName(schema.struct.name)}`;
  if (schema.kind === 'list') return `[]${schema.element ? goType(schema.element) : 'interface {}'}`;
  if (schema.kind === 'map') return `map[string]${schema.element ? goType(schema.element) : 'interface {}'}`;
  return goScalars[schema.scalar ?? 'string'] ?? 'string';
}

class Decoder {
  readonly unknown: string[] = [];
  /** Names of fields and `[index]`es on the way to where the decoder is. */
  readonly #path: string[] = [];
  #struct = '';

  /** As strict errors name it. */
  #where(): string {
    return this.#path.join('.').replaceAll('.[', '[');
  }
  /** As type errors name it: Go's path has no indexes, and starts with the innermost struct's name. */
  #goPlace = (): string =>
    this.#struct ? [this.#struct, ...this.#path.filter(part => !part.startsWith('['))].join('.') : '';

  value(value: unknown, schema: FieldSchema): unknown {
    switch (schema.kind) {
      case 'any':
        return value;
      case 'scalar':
        return decodeScalar(value, schema, this.#goPlace);
      case 'list':
        if (!Array.isArray(value)) throw mismatch(value, goType(schema), this.#goPlace);
        return this.#list(value, schema);
      default:
        if (!isObject(value)) throw mismatch(value, goType(schema), this.#goPlace);
        return schema.struct ? this.struct(value, schema.struct) : this.#map(value, schema);
    }
  }

  struct(object: JsonObject, schema: StructSchema): JsonObject {
    const outer = this.#struct;
    const name = goName(schema.name);
    let result = object;
    const change = (): JsonObject => {
      if (result === object) result = { ...object };
      return result;
    };
    for (const key of Object.keys(object)) {
      const field = schema.field(key);
      const value = object[key];
      this.#path.push(key);
      if (!field) {
        if (this.unknown.length < mostUnknown) this.unknown.push(this.#where());
        delete change()[key];
      } else if (value === null || value === undefined) delete change()[key];
      else {
        this.#struct = name;
        const made = this.value(value, field);
        if (made !== value) setOwn(change(), key, made);
      }
      this.#path.pop();
    }
    this.#struct = outer;
    return result;
  }

  #map(object: JsonObject, schema: FieldSchema): JsonObject {
    const { element } = schema;
    if (!element) return object;
    let result = object;
    for (const key of Object.keys(object)) {
      const value = object[key];
      this.#path.push(key);
      const made = value === null ? zeroOf(element) : this.value(value, element);
      this.#path.pop();
      if (made === value) continue;
      if (result === object) result = { ...object };
      setOwn(result, key, made);
    }
    return result;
  }

  #list(list: unknown[], schema: FieldSchema): unknown[] {
    const { element } = schema;
    if (!element) return list;
    let result = list;
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      this.#path.push(`[${i}]`);
      const made = value === null ? zeroOf(element) : this.value(value, element);
      this.#path.pop();
      if (made === value) continue;
      if (result === list) result = [...list];
      result[i] = made;
    }
    return result;
  }
}

/**
 * An object of the schema's type: nulls and unknown fields dropped, quantities canonical. Never changes `value`.
 * Throws DecodeError for the first value that does not fit.
 */
export function decodeObject<T extends object>(value: T, schema: StructSchema): Decoded<T> {
  if (!isObject(value)) throw mismatch(value, `${packageOf(schema.name)}.${goName(schema.name)}`, () => '');
  const decoder = new Decoder();
  return { object: decoder.struct(value, schema) as T, unknown: decoder.unknown };
}
