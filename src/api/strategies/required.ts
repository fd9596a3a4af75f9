import type { KubeObject } from '../../machinery/object.ts';
import type { FieldSchema, StructSchema } from '../../machinery/schema.ts';
import type { Strategy } from '../registration.ts';
import { schemaOf } from '../schema.ts';
import { type Causes, collect } from '../validation/causes.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only texts, structs and lists: a number or a flag that is left out is zero. */
const mustBeSaid = (schema: FieldSchema): boolean =>
  schema.required && (schema.scalar === 'string' || schema.kind === 'struct');

function walk(causes: Causes, object: Fields, struct: StructSchema, at: string): void {
  for (const [name, schema] of struct.fields()) {
    const field = at ? `${at}.${name}` : name;
    const value = object[name];
    if (value === undefined || value === '') {
      if (mustBeSaid(schema)) causes.required(field);
      continue;
    }
    if (schema.kind === 'struct' && isFields(value)) walk(causes, value, schema.struct!, field);
    if (schema.kind === 'list' && Array.isArray(value) && schema.element?.kind === 'struct')
      for (const [index, element] of value.entries())
        if (isFields(element)) walk(causes, element, schema.element.struct!, `${field}[${index}]`);
  }
}

/** For kinds with no checks of their own: what their schema requires, outside metadata and status. */
export function requiredFieldsStrategy(model: string): Strategy {
  const check = (object: KubeObject) =>
    collect(causes => {
      for (const [name, schema] of schemaOf(model).fields()) {
        if (name === 'metadata' || name === 'status') continue;
        const value = (object as Fields)[name];
        if (value === undefined) {
          if (mustBeSaid(schema)) causes.required(name);
        } else if (schema.kind === 'struct' && isFields(value)) walk(causes, value, schema.struct!, name);
      }
    });
  return { validate: check, validateUpdate: check };
}
