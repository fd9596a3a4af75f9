// The fieldValidation parameter: what becomes of fields that a type does not have (KEP-2885).
import { decodeObject } from './decode/decode.ts';
import { duplicateFields } from './decode/duplicates.ts';
import { DecodeError } from './decode/scalars.ts';
import { quote } from './quote.ts';
import type { StructSchema } from './schema.ts';
import { badRequest } from './status-errors.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedBody<T> {
  object: T;
  /** For `Warning:` headers; empty but for `Warn`. */
  warnings: string[];
}

/** Upstream's sentence for a body that cannot become its kind. */
export const cannotBeHandled = (kind: string, version: string, why: string): string =>
  `${kind} in version ${quote(version)} cannot be handled as a ${kind}: ${why}`;

/** Upstream's text for all that strict decoding found. */
export const strictDecodingError = (errors: readonly string[]): string =>
  `strict decoding error: ${errors.join(', ')}`;

/**
 * All that strict decoding finds: fields unknown to the type and, where the JSON text is given, fields that are there twice.
 * `object` lacks the unknown ones. Throws DecodeError for a value of the wrong type.
 */
export function decodeStrictly<T extends object>(
  value: T,
  schema: StructSchema,
  text?: string,
): { object: T; errors: string[] } {
  const { object, unknown } = decodeObject(value, schema);
  const errors = unknown.map(path => `unknown field ${quote(path)}`);
  if (text) for (const path of duplicateFields(text)) errors.push(`duplicate field ${quote(path)}`);
  return { object, errors };
}

/**
 * A request's body as an object of its kind. `text` is the JSON it was parsed from (absent for YAML, whose parser tells of duplicates).
 * Throws BadRequest with upstream's text for values of the wrong type, and with `Strict` for unknown and duplicate fields.
 */
export function decodeBody<T extends object>(
  value: T,
  schema: StructSchema,
  body: { kind: string; version: string; validation: FieldValidation; text?: string },
): DecodedBody<T> {
  const { kind, version, validation, text } = body;
  try {
    const { object, errors } = decodeStrictly(value, schema, validation === 'Ignore' ? undefined : text);
    if (validation === 'Strict' && errors.length > 0)
      throw badRequest(cannotBeHandled(kind, version, strictDecodingError(errors)));
    return { object, warnings: validation === 'Warn' ? errors : [] };
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(cannotBeHandled(kind, version, error.message));
    throw error;
  }
}
