// Values of scalar fields as upstream's decoder takes them: what fits, what is normalised, what is refused and how.
import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { quote } from '../quote.ts';
import type { FieldSchema } from '../schema.ts';

/** A value that does not fit its field; `message` is what upstream's decoder says. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A JSON value's kind in Go's messages. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** `Struct.path`, as Go's messages name a field; empty outside of structs. */
export type Place = () => string;

export function mismatch(value: unknown, goType: string, place: Place, kind = jsonKind(value)): DecodeError {
  const where = place();
  const into = where ? `Go struct field ${where}` : 'Go value';
  return new DecodeError(`json: cannot unmarshal ${kind} into ${into} of type ${goType}`);
}

const limits: Readonly<Record<string, [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  // Beyond 2^53 a JavaScript number is no longer exact, but it still says which side of the limit it is on.
  int64: [-(2 ** 63), 2 ** 63 - 1],
};

function number(value: unknown, schema: FieldSchema, place: Place): number {
  const isFloat = schema.format === 'double' || schema.format === 'float';
  const goType = isFloat ? 'float64' : schema.format === 'int64' ? 'int64' : 'int32';
  if (typeof value !== 'number') throw mismatch(value, goType, place);
  const range = limits[goType];
  if (range && (!Number.isInteger(value) || value < range[0] || value > range[1]))
    throw mismatch(value, goType, place, `number ${value}`);
  return value;
}

const time =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function timestampOf(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, 'string', place);
  if (!time.test(value) || Number.isNaN(Date.parse(value)))
    throw new DecodeError(
      `parsing time ${quote(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${quote(value)} as "2006"`,
    );
  return value;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function bytes(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, '[]uint8', place);
  const text = value.replace(/[\r\n]/g, '');
  if (base64.test(text)) return text;
  const at = text.search(/[^A-Za-z0-9+/]/);
  throw new DecodeError(`illegal base64 data at input byte ${at < 0 ? text.length - (text.length % 4) : at}`);
}

function quantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  try {
    return canonicalQuantity(value);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message, { cause: error });
    throw error;
  }
}

/** The value for a scalar field; never called with null. */
export function decodeScalar(value: unknown, schema: FieldSchema, place: Place): unknown {
  switch (schema.scalar) {
    case 'number':
      return number(value, schema, place);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, 'bool', place);
      return value;
    case 'quantity':
      return quantity(value);
    case 'time':
      return timestampOf(value, place);
    case 'bytes':
      return bytes(value, place);
    case 'int-or-string':
      if (typeof value === 'string') return value;
      if (typeof value === 'number') return number(value, { ...schema, format: 'int32' }, () => '');
      throw mismatch(value, 'int32', () => '');
    default:
      if (typeof value !== 'string') throw mismatch(value, 'string', place);
      return value;
  }
}

/** What Go leaves in a list or map for a JSON null of this type. */
export function zeroOf(schema: FieldSchema): unknown {
  switch (schema.kind) {
    case 'struct':
      return {};
    case 'scalar':
      if (schema.scalar === 'number' || schema.scalar === 'int-or-string') return 0;
      if (schema.scalar === 'boolean') return false;
      return schema.scalar === 'quantity' ? '0' : schema.scalar === 'time' ? null : '';
    default:
      return null;
  }
}
