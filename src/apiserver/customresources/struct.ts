// A structural schema as decoding, patches and apply read it: what it does not name is pruned, unless it is to be preserved.
import { schemaOf } from '../../api/schema.ts';
import type { FieldSchema, StructSchema } from '../../machinery/schema.ts';
import type { JsonSchema } from './json-schema.ts';

const anything: FieldSchema = { kind: 'any', required: false };
const text: FieldSchema = { kind: 'scalar', scalar: 'string', required: false };

const scalars: Readonly<Record<string, FieldSchema['scalar']>> = { string: 'string', boolean: 'boolean' };
const listTypes = ['atomic', 'set', 'map'] as const;

function listOf(schema: JsonSchema): FieldSchema {
  const listType = listTypes.find(type => type === schema['x-kubernetes-list-type']) ?? 'atomic';
  const mapKeys = schema['x-kubernetes-list-map-keys'];
  const element = schema.items ? fieldOf(schema.items, false) : anything;
  return { kind: 'list', element, listType, ...(mapKeys ? { mapKeys } : {}), required: false };
}

function fieldOf(schema: JsonSchema, required: boolean): FieldSchema {
  // The validator says better than a decoder what is wrong with a type; nulls that are allowed stay.
  if (schema.nullable) return { ...anything, required };
  if (schema['x-kubernetes-int-or-string']) return { kind: 'scalar', scalar: 'int-or-string', required };
  if (schema.type === 'array') return { ...listOf(schema), required };
  if (schema.type === 'integer' || schema.type === 'number')
    return {
      kind: 'scalar',
      scalar: 'number',
      format: schema.type === 'integer' ? 'int64' : 'double',
      required,
    };
  const scalar = scalars[schema.type ?? ''];
  if (scalar) return { kind: 'scalar', scalar, required };
  if (schema.type !== 'object') return { ...anything, required };
  if (schema['x-kubernetes-embedded-resource']) return { ...anything, required };
  const { additionalProperties, properties } = schema;
  if (additionalProperties && !properties) {
    const element = additionalProperties === true ? anything : fieldOf(additionalProperties, false);
    return {
      kind: 'map',
      element,
      required,
      ...(schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
    };
  }
  return { kind: 'struct', struct: structOf('', schema), required };
}

function structOf(name: string, schema: JsonSchema, fixed: Record<string, FieldSchema> = {}): StructSchema {
  const fields = new Map<string, FieldSchema>();
  const required = new Set(schema.required);
  for (const [key, property] of Object.entries(schema.properties ?? {}))
    fields.set(key, fieldOf(property, required.has(key)));
  for (const [key, field] of Object.entries(fixed)) fields.set(key, field);
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    name,
    field: key => fields.get(key) ?? (preserves ? anything : undefined),
    fields: () => fields,
    ...(schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
  };
}

/** Of a whole custom object: metadata is everybody's. */
export const rootStruct = (kind: string, schema: JsonSchema): StructSchema =>
  structOf(kind, schema, {
    apiVersion: text,
    kind: text,
    metadata: { kind: 'struct', struct: schemaOf('V1ObjectMeta'), required: false },
  });
