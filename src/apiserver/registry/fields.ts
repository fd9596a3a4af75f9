import { DecodeError } from '../../machinery/decode/scalars.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { quote } from '../../machinery/quote.ts';
import type { StructSchema } from '../../machinery/schema.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { badRequest } from '../../machinery/status-errors.ts';
import {
  cannotBeHandled,
  decodeBody,
  decodeStrictly,
  strictDecodingError,
} from '../../machinery/unknown-fields.ts';
import type { WriteCall } from './core.ts';
import { structOf } from './struct.ts';

type Decoding = Pick<WriteCall, 'fieldValidation' | 'warn'> & {
  registration: { kind: string; version: string; model: string; schema?: StructSchema };
};

/** Custom objects are pruned only: what has a wrong type is left to their schema's validation, which says it in its own words. */
function pruned(body: KubeObject, struct: StructSchema): { object: KubeObject; errors: string[] } {
  try {
    return decodeStrictly(body, struct);
  } catch (error) {
    if (error instanceof DecodeError) return { object: body, errors: [] };
    throw error;
  }
}

/**
 * What upstream's decoder makes of an identified body: unknown fields and nulls go, quantities get their canonical text.
 * Throws BadRequest for wrong types, and for unknown or duplicate fields where these are to be refused.
 */
export function decodeFields(call: Decoding, body: KubeObject, text?: string): KubeObject {
  const { registration, fieldValidation, warn } = call;
  const struct = structOf(registration);
  if (!struct) return body;
  const { kind, version } = registration;
  if (registration.schema) {
    const { object, errors } = pruned(body, struct);
    if (errors.length > 0 && fieldValidation === 'Strict')
      throw badRequest(cannotBeHandled(kind, version, strictDecodingError(errors)));
    if (fieldValidation === 'Warn') for (const error of errors) warn(error);
    return object;
  }
  const { object, warnings } = decodeBody(body, struct, {
    ...{ kind, version, text },
    validation: fieldValidation,
  });
  for (const warning of warnings) warn(warning);
  return object;
}

/** The same for what a patch has made; refusals are 422s about the patch. */
export function decodePatched(call: Decoding, patched: KubeObject): KubeObject {
  const { registration, fieldValidation, warn } = call;
  const struct = structOf(registration);
  if (!struct) return patched;
  try {
    const { object, errors } = registration.schema
      ? pruned(patched, struct)
      : decodeStrictly(patched, struct);
    if (fieldValidation === 'Strict' && errors.length > 0)
      throw invalidPatch(patched, strictDecodingError(errors));
    if (fieldValidation === 'Warn') for (const error of errors) warn(error);
    return object;
  } catch (error) {
    if (error instanceof DecodeError) throw invalidPatch(patched, error.message);
    throw error;
  }
}

function invalidPatch(patched: KubeObject, why: string): StatusError {
  const message = `Invalid value: ${quote(JSON.stringify(patched))}: ${why}`;
  return new StatusError('Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  });
}
