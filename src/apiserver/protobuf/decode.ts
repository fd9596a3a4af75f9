// Bodies in upstream's protobuf form as JSON objects (apimachinery pkg/runtime/serializer/protobuf).
import { isModel, schemaOf } from '../../api/schema.ts';
import { timestamp } from '../../machinery/clock.ts';
import type { JsonObject } from '../../machinery/json.ts';
import type { FieldSchema } from '../../machinery/schema.ts';
import { numbers } from './numbers.ts';
import { fieldsOf, WireError } from './wire.ts';

const magic = [0x6b, 0x38, 0x73, 0x00];
const decoder = new TextDecoder();

interface Numbered {
  /** Absent for an embedded struct, whose own fields are in `inner`. */
  name?: string;
  schema?: FieldSchema;
  keepsZero: boolean;
  inner?: Map<number, Numbered>;
}

let lines: Map<string, string> | undefined;
const tables = new Map<string, Map<number, Numbered>>();

function lineOf(model: string): string | undefined {
  if (!lines) {
    lines = new Map();
    for (const line of numbers.trim().split('\n')) {
      const blank = line.indexOf(' ');
      lines.set(line.slice(0, blank), line.slice(blank + 1));
    }
  }
  return lines.get(model);
}

function tableOf(model: string): Map<number, Numbered> {
  const known = tables.get(model);
  if (known) return known;
  const table = new Map<number, Numbered>();
  const line = lineOf(model);
  if (line === undefined) throw new WireError(`no protobuf form of ${model} is known`);
  const struct = schemaOf(model);
  for (const part of line.split(' ')) {
    const [word = '', path = ''] = part.split('=');
    const name = word.replace('*', '');
    const steps = path.split('.').map(Number);
    let level = table;
    for (const step of steps.slice(0, -1)) {
      let outer = level.get(step);
      if (!outer) level.set(step, (outer = { keepsZero: false, inner: new Map() }));
      level = outer.inner!;
    }
    level.set(steps.at(-1)!, { name, schema: struct.field(name), keepsZero: word.endsWith('*') });
  }
  tables.set(model, table);
  return table;
}

const text = (value: unknown): string => (value instanceof Uint8Array ? decoder.decode(value) : '');

/** The first field with this number. */
function pick(bytes: Uint8Array, number: number): number | bigint | Uint8Array | undefined {
  for (const field of fieldsOf(bytes)) if (field.number === number) return field.value;
  return undefined;
}

const base64 = (bytes: Uint8Array): string => {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
};

function timeOf(bytes: Uint8Array, micro: boolean): string | undefined {
  const seconds = Number(pick(bytes, 1) ?? 0);
  const nanos = Number(pick(bytes, 2) ?? 0);
  // The zero time of Go, and a message with nothing in it: no time at all.
  if (seconds === 0 && nanos === 0) return undefined;
  if (seconds <= -62_135_596_800) return undefined;
  const plain = timestamp(seconds * 1000);
  return micro ? plain.replace('Z', `.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`) : plain;
}

function scalar(value: number | bigint | Uint8Array, schema: FieldSchema): unknown {
  const bytes = value instanceof Uint8Array ? value : new Uint8Array(0);
  switch (schema.scalar) {
    case 'boolean':
      return value !== 0;
    case 'number':
      return typeof value === 'bigint' ? Number(value) : value;
    case 'quantity':
      return text(pick(bytes, 1));
    case 'bytes':
      return base64(bytes);
    case 'time':
      return timeOf(bytes, schema.format === 'date-time-micro');
    case 'int-or-string':
      return Number(pick(bytes, 1) ?? 0) === 1 ? text(pick(bytes, 3)) : Number(pick(bytes, 2) ?? 0);
    default:
      return text(value);
  }
}

function decodeValue(value: number | bigint | Uint8Array, schema: FieldSchema): unknown {
  if (schema.kind === 'scalar') return scalar(value, schema);
  if (!(value instanceof Uint8Array)) throw new WireError('wrong wireType');
  if (schema.kind === 'struct') return message(value, schema.struct!.name);
  // A list inside of a map is a message with the elements in field 1.
  if (schema.kind === 'list') {
    const items: unknown[] = [];
    for (const field of fieldsOf(value))
      if (field.number === 1) items.push(decodeValue(field.value, schema.element!));
    return items;
  }
  // Anything: its JSON in field 1.
  const raw = pick(value, 1);
  return raw instanceof Uint8Array && raw.length > 0 ? JSON.parse(decoder.decode(raw)) : undefined;
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;

function entry(target: JsonObject, name: string, schema: FieldSchema, value: Uint8Array): void {
  const map = ((target[name] as JsonObject | undefined) ??= {}) as JsonObject;
  target[name] = map;
  const of = pick(value, 2);
  const element = schema.element ?? { kind: 'scalar', scalar: 'string', required: false };
  const empty = element.scalar === 'number' || element.scalar === 'boolean' ? 0 : new Uint8Array(0);
  Object.defineProperty(map, text(pick(value, 1)), {
    value: decodeValue(of ?? empty, element),
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function fill(target: JsonObject, bytes: Uint8Array, table: Map<number, Numbered>): void {
  for (const { number, value } of fieldsOf(bytes)) {
    const field = table.get(number);
    if (!field) continue;
    if (field.inner) {
      if (value instanceof Uint8Array) fill(target, value, field.inner);
      continue;
    }
    const { name, schema } = field;
    if (!name || !schema) continue;
    if (schema.kind === 'list') {
      const list = ((target[name] as unknown[] | undefined) ??= []) as unknown[];
      target[name] = list;
      list.push(decodeValue(value, schema.element!));
    } else if (schema.kind === 'map' && value instanceof Uint8Array) entry(target, name, schema, value);
    else {
      const made = decodeValue(value, schema);
      if (made === undefined || (!field.keepsZero && schema.kind === 'scalar' && isZero(made))) continue;
      target[name] = made;
    }
  }
}

function message(bytes: Uint8Array, model: string): JsonObject {
  const object: JsonObject = {};
  fill(object, bytes, tableOf(model));
  return object;
}

/**
 * The object in an enveloped body. `modelOf` gives the model for what the envelope says it is.
 * Throws WireError for bytes that are no such body, and for kinds whose form is not known.
 */
export function decodeProtobuf(
  bytes: Uint8Array,
  modelOf: (apiVersion: string, kind: string) => string | undefined,
): JsonObject {
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw new WireError(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  }
  let [apiVersion, kind] = ['', ''];
  let raw: Uint8Array = new Uint8Array(0);
  for (const { number, value } of fieldsOf(bytes.subarray(magic.length))) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === 1) [apiVersion, kind] = [text(pick(value, 1)), text(pick(value, 2))];
    if (number === 2) raw = value;
  }
  const model = modelOf(apiVersion, kind);
  if (!model || !isModel(model))
    throw new WireError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { ...message(raw, model), apiVersion, kind };
}
