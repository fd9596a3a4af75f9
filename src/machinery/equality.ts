type Json = Record<string, unknown>;

/** Absent, null, `[]` and `{}` say the same. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if ((value as Json)[key] !== undefined) return false;
  return true;
}

/** Same JSON value, whatever the order of keys; undefined is the same as absent. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, false);
}

/**
 * As `equal`, but absent, null, empty lists and empty maps are the same, as upstream's equality.Semantic takes nil and empty.
 * Quantities are compared as they are written: decoded objects hold the canonical text.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  return compare(a, b, true);
}

function compare(a: unknown, b: unknown, semantic: boolean): boolean {
  if (a === b) return true;
  if (semantic && isNothing(a) && isNothing(b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Number.isNaN(a) && Number.isNaN(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!compare(a[i], b[i], semantic)) return false;
    return true;
  }
  const left = a as Json;
  const right = b as Json;
  for (const key in left) if (!compare(left[key], right[key], semantic)) return false;
  for (const key in right)
    if (left[key] === undefined && right[key] !== undefined && !(semantic && isNothing(right[key])))
      return false;
  return true;
}
