// One walk over an object with its schema: drops nulls, writes quantities in their canonical form, and fills in defaults, parents first.
import { canonicalQuantity } from '../../machinery/quantity.ts';
import type { FieldSchema, StructSchema } from '../../machinery/schema.ts';
import { schemaOf } from '../schema.ts';

export type Fields = Record<string, unknown>;

/** What a model gets where it stands: values for absent fields (or empty strings), then a function for what depends on others. */
export interface ModelDefaults {
  values?: Readonly<Record<string, unknown>>;
  /** Numbers that are absent or 0 (upstream's plain ints). */
  numbers?: Readonly<Record<string, number>>;
  run?(object: Fields): void;
}

export type DefaultsTable = Readonly<Record<string, ModelDefaults>>;

const copy = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? structuredClone(value) : value;

function fill(object: Fields, { values, numbers, run }: ModelDefaults): void {
  for (const name in values)
    if (object[name] === undefined || object[name] === '') object[name] = copy(values[name]);
  for (const name in numbers) if (!object[name]) object[name] = numbers[name];
  run?.(object);
}

function visit(value: unknown, schema: FieldSchema, table: DefaultsTable): unknown {
  switch (schema.kind) {
    case 'scalar':
      return schema.scalar === 'quantity' ? canonical(value) : value;
    case 'struct':
      if (isFields(value)) walk(value, schema.struct!, table);
      return value;
    case 'list':
      if (Array.isArray(value) && descends(schema.element!))
        for (let index = 0; index < value.length; index++)
          value[index] = visit(value[index], schema.element!, table);
      return value;
    case 'map':
      if (isFields(value) && descends(schema.element!))
        for (const name in value) value[name] = visit(value[name], schema.element!, table);
      return value;
    default:
      return value;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const descends = (schema: FieldSchema): boolean =>
  schema.kind === 'scalar' ? schema.scalar === 'quantity' : schema.kind !== 'any';

/** A text that is no quantity is left as it is: validation names it. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  try {
    return canonicalQuantity(value);
  } catch {
    return value;
  }
}

function walk(object: Fields, struct: StructSchema, table: DefaultsTable): void {
  for (const name in object)
    if (object[name] === null && struct.field(name)?.kind !== 'any') delete object[name];
  const defaults = table[struct.name];
  if (defaults) fill(object, defaults);
  for (const name in object) {
    const schema = struct.field(name);
    if (schema) object[name] = visit(object[name], schema, table);
  }
}

/** Changes `object`, of model `model`, in place. */
export const applyDefaults = (model: string, object: object, table: DefaultsTable): void =>
  walk(object as Fields, schemaOf(model), table);
