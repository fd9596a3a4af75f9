// Lists in a strategic merge patch: merged by key or as sets, in the order that patch and server ask for.
import { goText, isObject, type JsonObject } from '../json.ts';
import { StatusError } from '../status-error.ts';
import { unprocessable } from '../status-errors.ts';

export type ObjectMerge = (element: JsonObject, patch: JsonObject) => JsonObject;

const unknownError = (text: string): StatusError => new StatusError('', text, undefined, 500);

/** Where an item of a list is known by: its merge key, or itself. */
const identity = (item: unknown, mergeKey: string): unknown =>
  mergeKey && isObject(item) ? item[mergeKey] : item;

function indexIn(list: readonly unknown[], item: unknown, mergeKey: string): number {
  const wanted = identity(item, mergeKey);
  return list.findIndex(each => identity(each, mergeKey) === wanted);
}

/** True for lists of objects; lists of lists are refused as upstream refuses them, mixed ones too. */
function holdsObjects(...lists: (readonly unknown[])[]): boolean {
  const kinds = new Set(
    lists.flat(1).map(item => (Array.isArray(item) ? 'list' : isObject(item) ? 'object' : typeof item)),
  );
  if (kinds.has('list')) throw unprocessable(new Error('lists of lists are not supported'));
  if (kinds.size > 1) throw unknownError(`list element types are not identical: ${goText(lists.flat(1))}`);
  return kinds.has('object');
}

function withKey(item: unknown, mergeKey: string): JsonObject {
  if (!isObject(item))
    throw unknownError(`expected a map[string]interface {}, but received a ${typeof item}`);
  if (!Object.hasOwn(item, mergeKey))
    throw unknownError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  return item;
}

/** Two sequences into one: each keeps its order, and where `reference` knows both, its order decides. */
function interleave(
  server: readonly unknown[],
  patch: readonly unknown[],
  reference: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const result: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < server.length && j < patch.length) {
    const left = indexIn(reference, server[i], mergeKey);
    const right = indexIn(reference, patch[j], mergeKey);
    if (left >= 0 && right >= 0 && left < right) result.push(server[i++]);
    else result.push(patch[j++]);
  }
  return [...result, ...server.slice(i), ...patch.slice(j)];
}

function sortLike(items: readonly unknown[], order: readonly unknown[], mergeKey: string): unknown[] {
  const place = new Map(items.map(item => [item, indexIn(order, item, mergeKey)]));
  return [...items].sort((a, b) => {
    const left = place.get(a)!;
    const right = place.get(b)!;
    return left >= 0 && right >= 0 ? left - right : 0;
  });
}

/** Items that `wanted` names in its order, the others in the server's. */
function arrange(
  merged: readonly unknown[],
  wanted: readonly unknown[],
  server: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const named = merged.filter(item => indexIn(wanted, item, mergeKey) >= 0);
  const others = merged.filter(item => indexIn(wanted, item, mergeKey) < 0);
  return interleave(sortLike(others, server, mergeKey), sortLike(named, wanted, mergeKey), server, mergeKey);
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);

/** The same list object where nothing changed. */
const shared = (made: unknown[], old: unknown[]): unknown[] => (same(made, old) ? old : made);

function mergeObjectLists(
  original: unknown[],
  patch: unknown[],
  mergeKey: string,
  merge: ObjectMerge,
  plain: (item: unknown) => unknown,
): unknown[] {
  let result = original;
  const changes: JsonObject[] = [];
  let replaces = false;
  for (const item of patch as JsonObject[]) {
    const directive = item.$patch;
    if (!Object.hasOwn(item, '$patch')) changes.push(item);
    else if (directive === 'delete') {
      const key = withKey(item, mergeKey)[mergeKey];
      result = result.filter(each => identity(each, mergeKey) !== key);
    } else if (directive === 'replace') replaces = true;
    else if (directive === 'merge') throw unknownError('merging lists cannot yet be specified in the patch');
    else throw unknownError(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
  }
  if (replaces) return changes.map(plain);
  const server = result;
  result = [...result];
  for (const change of changes) {
    withKey(change, mergeKey);
    const at = indexIn(result, change, mergeKey);
    if (at < 0) result.push(plain(change));
    else result[at] = merge(result[at] as JsonObject, change);
  }
  for (const item of result) withKey(item, mergeKey);
  return shared(arrange(result, changes, server, mergeKey), original);
}

/** `plain` turns a new element of the patch into one without directives. */
export function mergeLists(
  original: unknown[],
  patch: unknown[],
  mergeKey: string,
  merge: ObjectMerge,
  plain: (item: unknown) => unknown,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!holdsObjects(original, patch)) {
    const both = [...new Set([...original, ...patch])];
    return shared(arrange(both, patch, original, ''), original);
  }
  if (!mergeKey) throw unknownError('cannot merge lists without merge key for struct');
  return mergeObjectLists(original, patch, mergeKey, merge, plain);
}

/** A merged list in the order of a `$setElementOrder` directive; throws where patch and directive contradict each other. */
export function orderList(
  merged: unknown[],
  order: readonly unknown[],
  original: unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): unknown[] {
  let at = 0;
  const kept = patch.filter(item => !(isObject(item) && Object.hasOwn(item, '$patch')));
  if (order.length > 0)
    for (const item of kept) {
      if (mergeKey) withKey(item, mergeKey);
      while (at < order.length && identity(order[at], mergeKey) !== identity(item, mergeKey)) at++;
      if (at++ >= order.length)
        throw unknownError(
          `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
        );
    }
  return shared(arrange(merged, order, original, mergeKey), original);
}
