// JSON patch (RFC 6902) as upstream applies it (evanphx/json-patch v4, apiserver endpoints/handlers/patch.go, v1.36).
import { equal } from '../equality.ts';
import { isObject, type JsonObject, own, setOwn } from '../json.ts';
import { StatusError } from '../status-error.ts';
import { tooLarge, unprocessable } from '../status-errors.ts';

/** Upstream's maxJSONPatchOperations. */
const mostOperations = 10_000;
/** What `copy` operations of one patch may add together, in bytes of JSON. */
const mostCopied = 3 * 1024 * 1024;

type Container = JsonObject | unknown[];

/** Thrown inside for an operation that does not fit the document. */
class DoesNotApply extends Error {}

const decodeToken = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

function indexOf(token: string, length: number): number {
  if (!/^[+-]?\d+$/.test(token)) throw new DoesNotApply(`strconv.Atoi: parsing "${token}": invalid syntax`);
  const index = Number(token);
  if (index >= length || index < -length)
    throw new DoesNotApply(`Unable to access invalid index: ${index}: invalid index referenced`);
  return index < 0 ? index + length : index;
}

/** The document under change: what it has copied is its own, and everything else belongs to the caller. */
class Draft {
  root: unknown;
  readonly #owned = new Set<Container>();
  constructor(root: unknown) {
    this.root = root;
  }

  #mine<C extends Container>(container: C): C {
    if (this.#owned.has(container)) return container;
    const copy = (Array.isArray(container) ? [...container] : { ...container }) as C;
    this.#owned.add(copy);
    return copy;
  }

  /** The container that a path's last token is looked up in, made ready for change if `write`. */
  parent(path: string, write: boolean): { container: Container; token: string } | undefined {
    const tokens = path.split('/').slice(1).map(decodeToken);
    const token = tokens.pop();
    if (token === undefined || !isContainer(this.root)) return undefined;
    if (write) this.root = this.#mine(this.root);
    let container = this.root as Container;
    for (const each of tokens) {
      let next: unknown;
      try {
        next = read(container, each);
      } catch {
        return undefined;
      }
      if (!isContainer(next)) return undefined;
      if (write) {
        next = this.#mine(next);
        if (Array.isArray(container)) container[indexOf(each, container.length)] = next;
        else setOwn(container, each, next);
      }
      container = next as Container;
    }
    return { container, token };
  }
}

const read = (container: Container, token: string): unknown =>
  Array.isArray(container) ? container[indexOf(token, container.length)] : own(container, token);

function insert(container: Container, token: string, value: unknown): void {
  if (!Array.isArray(container)) setOwn(container, token, value);
  else if (token === '-') container.push(value);
  else container.splice(indexOf(token, container.length + 1), 0, value);
}

function remove(container: Container, token: string): void {
  if (Array.isArray(container)) container.splice(indexOf(token, container.length), 1);
  else if (Object.hasOwn(container, token)) delete container[token];
  else throw new DoesNotApply(`Unable to remove nonexistent key: ${token}: missing value`);
}

function text(operation: JsonObject, field: 'path' | 'from'): string {
  const value = own(operation, field);
  if (typeof value !== 'string') throw new DoesNotApply(`operation missing ${field} field: missing value`);
  return value;
}

function place(draft: Draft, path: string, kind: string, write = true) {
  const found = draft.parent(path, write);
  if (!found)
    throw new DoesNotApply(`${kind} operation does not apply: doc is missing path: "${path}": missing value`);
  return found;
}

const sameValue = (a: unknown, b: unknown): boolean => equal(a ?? null, b ?? null);

function test(draft: Draft, path: string, value: unknown): void {
  const failed = new DoesNotApply(`testing value ${path} failed: test failed`);
  if (path === '') {
    if (!sameValue(draft.root, value)) throw failed;
    return;
  }
  const { container, token } = place(draft, path, 'test', false);
  if (!sameValue(read(container, token), value)) throw failed;
}

function run(draft: Draft, operation: JsonObject, copied: { bytes: number }): void {
  const kind = own(operation, 'op');
  const value = own(operation, 'value') ?? null;
  switch (kind) {
    case 'add': {
      const { container, token } = place(draft, text(operation, 'path'), kind);
      insert(container, token, value);
      return;
    }
    case 'remove': {
      const { container, token } = place(draft, text(operation, 'path'), kind);
      remove(container, token);
      return;
    }
    case 'replace': {
      const path = text(operation, 'path');
      if (path === '') {
        if (!isContainer(value))
          throw new DoesNotApply('replace operation value must be object or array: <nil>');
        draft.root = value;
        return;
      }
      const { container, token } = place(draft, path, kind);
      if (Array.isArray(container)) container[indexOf(token, container.length)] = value;
      else setOwn(container, token, value);
      return;
    }
    case 'move': {
      const from = place(draft, text(operation, 'from'), kind);
      const moved = read(from.container, from.token) ?? null;
      remove(from.container, from.token);
      const to = place(draft, text(operation, 'path'), kind);
      insert(to.container, to.token, moved);
      return;
    }
    case 'copy': {
      const from = place(draft, text(operation, 'from'), kind, false);
      const taken = read(from.container, from.token) ?? null;
      copied.bytes += JSON.stringify(taken).length;
      if (copied.bytes > mostCopied)
        throw new DoesNotApply(
          `Unable to complete the copy, the accumulated size increase of copy is ${copied.bytes}, exceeding the limit ${mostCopied}`,
        );
      const to = place(draft, text(operation, 'path'), kind);
      insert(to.container, to.token, structuredClone(taken));
      return;
    }
    case 'test':
      test(draft, text(operation, 'path'), value);
      return;
    default:
      throw new DoesNotApply(`Unexpected kind: ${typeof kind === 'string' ? kind : 'unknown'}`);
  }
}

/**
 * The object with all operations done, in order; parts that no operation touched are shared with `current`.
 * Throws BadRequest for what is no JSON patch, RequestEntityTooLarge for too many operations, and upstream's bare 422 for
 * operations that do not apply (the reason is the error's `cause`: upstream does not tell it either).
 */
export function applyJsonPatch<T extends object>(current: T, patch: unknown): T {
  if (!Array.isArray(patch) || !patch.every(isObject))
    throw new StatusError(
      'BadRequest',
      `error decoding patch: json: cannot unmarshal ${isObject(patch) ? 'object' : 'array'} into Go value of type []handlers.jsonPatchOp`,
    );
  if (patch.length > mostOperations)
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`,
    );
  const draft = new Draft(current);
  const copied = { bytes: 0 };
  try {
    for (const operation of patch) run(draft, operation, copied);
  } catch (error) {
    if (error instanceof DoesNotApply) throw unprocessable(error);
    throw error;
  }
  return draft.root as T;
}

/** What strict decoding finds in a JSON patch: fields that no operation has. */
export const unknownJsonPatchFields = (patch: readonly JsonObject[]): string[] =>
  patch.flatMap((operation, i) =>
    Object.keys(operation)
      .filter(key => !['op', 'path', 'from', 'value'].includes(key))
      .map(key => `json patch unknown field "[${i}].${key}"`),
  );
