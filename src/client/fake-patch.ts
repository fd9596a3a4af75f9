// Patches of the fake client. The API server's are in src/machinery; these know no schema, so a strategic patch merges as a plain one.
import { badRequest } from '../machinery/status-errors.ts';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386; changes `target` in place where it is an object. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

const parts = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function find(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, part) => (at as Json | undefined)?.[part], document);
}

function write(document: unknown, pointer: string, op: string, value: unknown): void {
  const path = parts(pointer);
  const last = path.pop() ?? '';
  const parent = find(document, path);
  const missing = !isObject(parent) && !Array.isArray(parent);
  if (missing || (op !== 'add' && (parent as Json)[last] === undefined)) {
    throw badRequest(`${op} operation does not apply: doc is missing path: ${pointer}`);
  }
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (op === 'remove') parent.splice(at, 1);
    else parent.splice(at, op === 'replace' ? 1 : 0, value);
  } else if (op === 'remove') delete (parent as Json)[last];
  else (parent as Json)[last] = value;
}

/** RFC 6902 on a document of the caller's own, in place. */
export function jsonPatch(document: object, operations: readonly Operation[]): void {
  for (const { op, path, from = '', value } of operations) {
    const source = op === 'move' || op === 'copy' ? structuredClone(find(document, parts(from))) : value;
    if (op === 'test') {
      if (JSON.stringify(find(document, parts(path))) !== JSON.stringify(value)) {
        throw badRequest(`testing value ${path} failed`);
      }
    } else {
      if (op === 'move') write(document, from, 'remove', undefined);
      write(document, path, op === 'move' || op === 'copy' ? 'add' : op, source);
    }
  }
}
