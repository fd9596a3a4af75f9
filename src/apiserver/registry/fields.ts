// What decoding into upstream's typed objects does to a body: unknown fields and nulls go, wrong types are refused, quantities get their
// canonical text.
import { isModel, schemaOf } from '../../api/schema.ts';
import { isObject, type JsonObject } from '../../machinery/json.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { canonicalQuantity } from '../../machinery/quantity.ts';
import type { FieldSchema, StructSchema } from '../../machinery/schema.ts';
import { badRequest } from '../../machinery/status-errors.ts';
import type { WriteCall } from './core.ts';

class TypeMismatch extends Error {}

interface Walk {
  unknown: string[];
}

const goNames: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'int32',
  boolean: 'bool',
  bytes: '[]uint8',
};

const what = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

function mismatch(value: unknown, owner: string, path: string, type: string): never {
  const where = path
    ? `Go struct field ${owner.replace(/^V\d(?:(?:alpha|beta)\d)?/, '')}.${path}`
    : 'Go value';
  throw new TypeMismatch(`json: cannot unmarshal ${what(value)} into ${where} of type ${type}`);
}

function scalar(value: unknown, schema: FieldSchema, owner: string, path: string): unknown {
  switch (schema.scalar) {
    case 'quantity':
      if (typeof value !== 'string' && typeof value !== 'number')
        mismatch(value, owner, path, 'resource.Quantity');
      try {
        return canonicalQuantity(value as string | number);
      } catch {
        throw new TypeMismatch(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      }
    case 'int-or-string':
      return value;
    case 'time':
      if (typeof value !== 'string') mismatch(value, owner, path, 'v1.Time');
      if (value !== '' && Number.isNaN(Date.parse(value as string)))
        throw new TypeMismatch(
          `parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${value}" as "2006"`,
        );
      return value;
    case 'bytes':
      if (typeof value !== 'string') mismatch(value, owner, path, '[]uint8');
      if (
        !/^[A-Za-z0-9+/\r\n]*={0,2}$/.test(value as string) ||
        (value as string).replace(/[\r\n]/g, '').length % 4
      )
        throw new TypeMismatch(
          `illegal base64 data at input byte ${(value as string).search(/[^A-Za-z0-9+/]/)}`,
        );
      return value;
    default:
      if (schema.scalar && typeof value !== schema.scalar)
        mismatch(value, owner, path, goNames[schema.scalar] ?? schema.scalar);
      return value;
  }
}

function decode(value: unknown, schema: FieldSchema, walk: Walk, owner: string, path: string): unknown {
  switch (schema.kind) {
    case 'struct':
      if (!isObject(value)) mismatch(value, owner, path, `v1.${schema.struct!.name.replace(/^V\d/, '')}`);
      decodeStruct(value as JsonObject, schema.struct!, walk, path);
      return value;
    case 'list': {
      if (!Array.isArray(value)) mismatch(value, owner, path, '[]');
      const list = value as unknown[];
      for (let i = 0; i < list.length; i++) {
        if (list[i] === null) continue;
        list[i] = decode(list[i], schema.element!, walk, owner, `${path}[${i}]`);
      }
      return list;
    }
    case 'map': {
      if (!isObject(value)) mismatch(value, owner, path, 'map[string]');
      const map = value as JsonObject;
      for (const key of Object.keys(map)) {
        if (map[key] === null) {
          if (schema.element!.scalar === 'string') map[key] = '';
        } else map[key] = decode(map[key], schema.element!, walk, owner, `${path}.${key}`);
      }
      return map;
    }
    case 'scalar':
      return scalar(value, schema, owner, path);
    default:
      return value;
  }
}

function decodeStruct(object: JsonObject, struct: StructSchema, walk: Walk, path: string): void {
  for (const name of Object.keys(object)) {
    const schema = struct.field(name);
    const at = path ? `${path}.${name}` : name;
    if (!schema) {
      walk.unknown.push(at);
      delete object[name];
    } else if (object[name] === null) {
      if (schema.kind !== 'any') delete object[name];
    } else object[name] = decode(object[name], schema, walk, struct.name, at);
  }
}

/**
 * Makes a body (the caller's own, identified) what upstream's decoder would have made of it.
 * Throws BadRequest for wrong types, and for unknown fields when these are to be refused; warns of them when so asked.
 */
export function decodeFields(
  call: Pick<WriteCall, 'fieldValidation' | 'warn'> & {
    registration: { kind: string; version: string; model: string };
  },
  object: KubeObject,
): void {
  const { registration, fieldValidation } = call;
  if (!isModel(registration.model)) return;
  const walk: Walk = { unknown: [] };
  const refused = `${registration.kind} in version "${registration.version}" cannot be handled as a ${registration.kind}`;
  try {
    decodeStruct(object as JsonObject, schemaOf(registration.model), walk, '');
  } catch (error) {
    if (error instanceof TypeMismatch) throw badRequest(`${refused}: ${error.message}`);
    throw error;
  }
  if (walk.unknown.length === 0 || fieldValidation === 'Ignore') return;
  const texts = walk.unknown.map(field => `unknown field "${field}"`);
  if (fieldValidation === 'Strict')
    throw badRequest(`${refused}: strict decoding error: ${texts.join(', ')}`);
  for (const text of texts) call.warn(text);
}
