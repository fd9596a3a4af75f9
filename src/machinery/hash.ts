const encoder = new TextEncoder();

/** FNV-1a, 32 bits, of bytes or of a text's UTF-8. */
export function fnv1a32(data: string | Uint8Array): number {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

const safe = 'bcdfghjklmnpqrstvwxz2456789';

/** Turns digits into letters that spell nothing, as in pod-template-hash (apimachinery util/rand SafeEncodeString). */
export function safeEncode(text: string): string {
  let result = '';
  for (const byte of encoder.encode(text)) result += safe[byte % safe.length];
  return result;
}

/** JSON with sorted keys, and no keys whose value is undefined: equal objects give equal text. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Record<string, unknown>;
  const fields = Object.keys(object)
    .filter(key => object[key] !== undefined)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${fields.join(',')}}`;
}

/**
 * A short name part for any object, as upstream's ComputeHash: the collision count, when there is one, goes in too.
 * Upstream hashes Go's memory layout, so the values differ; nothing but their own maker may compare them.
 */
export function objectHash(value: unknown, collisionCount?: number): string {
  const text = canonicalJson(value) + (collisionCount === undefined ? '' : `/${collisionCount}`);
  return safeEncode(String(fnv1a32(text)));
}
