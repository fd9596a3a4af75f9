// The schema of the built-in models, parsed model by model when first asked for.
import type { FieldSchema, StructSchema } from '../machinery/schema.ts';
import {
  atomicMaps,
  atomicStructs,
  fieldFacts,
  granularFields,
  mapKeyDefaults,
  quantityFields,
} from './facts/fields.ts';
import { models } from './generated/models.ts';

/** A property as the generator wrote it: `[T]` is a list, `{T}` a map. */
export interface Property {
  name: string;
  type: string;
  format: string;
  required: boolean;
}

let lines: Map<string, string> | undefined;

function lineOf(model: string): string | undefined {
  if (!lines) {
    lines = new Map();
    for (const line of models.split('\n')) {
      const blank = line.indexOf(' ');
      lines.set(line.slice(0, blank), line.slice(blank + 1));
    }
  }
  return lines.get(model);
}

export const isModel = (name: string): boolean => lineOf(name) !== undefined;

/** Properties of a model in the client's order; throws for a name that is no model. */
export function propertiesOf(model: string): Property[] {
  const line = lineOf(model);
  if (line === undefined) throw new Error(`no model ${model}`);
  if (line === '') return [];
  return line.split(';').map(part => {
    const [word = '', type = '', format = ''] = part.split(' ');
    const required = word.endsWith('!');
    return { name: required ? word.slice(0, -1) : word, type, format, required };
  });
}

const structs = new Map<string, StructSchema>();

/** The schema of a model; throws for a name that is no model. */
export function schemaOf(model: string): StructSchema {
  let struct = structs.get(model);
  if (!struct) structs.set(model, (struct = parse(model)));
  return struct;
}

function parse(model: string): StructSchema {
  const properties = new Map(propertiesOf(model).map(property => [property.name, property]));
  const fields = new Map<string, FieldSchema>();
  const field = (name: string): FieldSchema | undefined => {
    const known = fields.get(name);
    if (known) return known;
    const property = properties.get(name);
    if (!property) return undefined;
    const schema = fieldOf(model, property);
    fields.set(name, schema);
    return schema;
  };
  return {
    name: model,
    field,
    *fields() {
      for (const name of properties.keys()) yield [name, field(name)!];
    },
    ...(atomicStructs.has(model) ? { atomic: true } : {}),
  };
}

const scalars: Readonly<Record<string, FieldSchema['scalar']>> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  IntOrString: 'int-or-string',
  Date: 'time',
  V1MicroTime: 'time',
};

/** Models that stand for any JSON value are not in the client; where one is expected, its type is `any`. */
function typeOf(path: string, type: string, format: string): FieldSchema {
  const inner = type.slice(1, -1);
  if (type.startsWith('[')) {
    const facts = fieldFacts.get(path);
    const element = typeOf(path, inner, format);
    const listType = facts?.listType ?? 'atomic';
    const keys = facts?.mapKeys;
    const defaults = keys?.filter(key => key in mapKeyDefaults).map(key => [key, mapKeyDefaults[key]]);
    return {
      kind: 'list',
      element,
      listType,
      ...(keys ? { mapKeys: keys } : {}),
      ...(defaults?.length ? { mapKeyDefaults: Object.fromEntries(defaults) } : {}),
      required: false,
    };
  }
  if (type.startsWith('{')) {
    // An untyped map is an object of any shape (RawExtension, JSON schemas' values).
    return { kind: 'map', element: typeOf(path, inner, format), required: false };
  }
  if (type === 'any') return { kind: 'any', atomic: true, required: false };
  if (type === 'string' && format === 'byte') return { kind: 'scalar', scalar: 'bytes', required: false };
  if (type === 'string' && quantityFields.has(path))
    return { kind: 'scalar', scalar: 'quantity', required: false };
  const scalar = scalars[type];
  if (scalar === 'number') return { kind: 'scalar', scalar, format, required: false };
  if (scalar) return { kind: 'scalar', scalar, required: false };
  return { kind: 'struct', struct: schemaOf(type), required: false };
}

/** The same fields, owned by apply one by one. */
const granular = (struct: StructSchema): StructSchema => ({
  name: struct.name,
  field: struct.field,
  fields: struct.fields,
});

function fieldOf(model: string, property: Property): FieldSchema {
  const path = `${model}.${property.name}`;
  const schema = typeOf(path, property.type, property.format);
  const facts = fieldFacts.get(path);
  schema.required = property.required;
  if (facts?.mergeKey) schema.mergeKey = facts.mergeKey;
  if (facts?.patchStrategy) schema.patchStrategy = facts.patchStrategy;
  if (schema.struct) {
    if (granularFields.has(path)) schema.struct = granular(schema.struct);
    else if (schema.struct.atomic) schema.atomic = true;
  }
  if (schema.kind === 'map' && atomicMaps.has(path)) schema.atomic = true;
  return schema;
}
