/** A copy of a JSON value that shares nothing and leaves out what is undefined; several times faster than structuredClone, which must expect anything. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const child = (value as Record<string, unknown>)[key];
    if (child !== undefined) copy[key] = cloneJson(child);
  }
  return copy as T;
}
