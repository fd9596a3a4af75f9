// JSON merge patch (RFC 7386), as upstream applies it.
import { isObject, type JsonObject, setOwn } from '../json.ts';
import { StatusError } from '../status-error.ts';

/** Nulls delete also where there is nothing to delete; those that are list elements stay. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value))
    if (value[key] !== null && value[key] !== undefined) setOwn(result, key, withoutNulls(value[key]));
  return result;
}

function merge(current: JsonObject, patch: JsonObject): JsonObject {
  let result = current;
  const change = (): JsonObject => {
    if (result === current) result = { ...current };
    return result;
  };
  for (const key of Object.keys(patch)) {
    const wanted = patch[key];
    const present = Object.hasOwn(current, key);
    if (wanted === null || wanted === undefined) {
      if (present) delete change()[key];
      continue;
    }
    const old = present ? current[key] : undefined;
    const made = isObject(wanted) && isObject(old) ? merge(old, wanted) : withoutNulls(wanted);
    if (made !== old) setOwn(change(), key, made);
  }
  return result;
}

/** The patched object; unchanged parts are shared with `current`. Throws BadRequest for a patch that is no object. */
export function applyMergePatch<T extends object>(current: T, patch: unknown): T {
  if (!isObject(patch))
    throw new StatusError(
      'BadRequest',
      `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    );
  return merge(current as JsonObject, patch) as T;
}
