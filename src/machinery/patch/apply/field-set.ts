// Sets of field paths and their wire form, FieldsV1 (structured-merge-diff fieldpath/set.go, serialize.go).
import { isObject, type JsonObject, setOwn } from '../../json.ts';
import { compareElements, type Element, elementText, parseElement } from './element.ts';

/**
 * Paths, as a tree: `members` end here, `children` go on. A set is never changed once others can see it;
 * operations give an operand back where the result equals it.
 */
export class FieldSet {
  readonly members: Set<Element>;
  readonly children: Map<Element, FieldSet>;
  constructor(members: Set<Element> = new Set(), children: Map<Element, FieldSet> = new Map()) {
    this.members = members;
    this.children = children;
  }

  get empty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  /** Only while the set is being made. */
  insert(path: readonly Element[]): void {
    let set: FieldSet = this;
    for (let i = 0; i < path.length - 1; i++) {
      const element = path[i]!;
      let next = set.children.get(element);
      if (!next) set.children.set(element, (next = new FieldSet()));
      set = next;
    }
    if (path.length > 0) set.members.add(path[path.length - 1]!);
  }

  has(path: readonly Element[]): boolean {
    let set: FieldSet | undefined = this;
    for (let i = 0; i < path.length - 1; i++) set = set?.children.get(path[i]!);
    return set?.members.has(path[path.length - 1]!) ?? false;
  }

  /** Every path, in order. */
  *paths(prefix: readonly Element[] = []): Iterable<Element[]> {
    const elements = new Set([...this.members, ...this.children.keys()]);
    for (const element of [...elements].sort(compareElements)) {
      if (this.members.has(element)) yield [...prefix, element];
      const child = this.children.get(element);
      if (child) yield* child.paths([...prefix, element]);
    }
  }
}

export const noFields = new FieldSet();

export const pathText = (path: readonly Element[]): string => path.map(elementText).join('');

export const setOf = (...paths: Element[][]): FieldSet => {
  const set = new FieldSet();
  for (const path of paths) set.insert(path);
  return set;
};

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b.empty) return a;
  if (a.empty) return b;
  let grown = false;
  const members = new Set(a.members);
  for (const element of b.members) {
    grown ||= !members.has(element);
    members.add(element);
  }
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const old = a.children.get(element);
    const made = old ? union(old, child) : child;
    grown ||= made !== old;
    children.set(element, made);
  }
  return grown ? new FieldSet(members, children) : a;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result = new FieldSet();
  for (const element of a.members) if (b.members.has(element)) result.members.add(element);
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const made = other ? intersection(child, other) : noFields;
    if (!made.empty) result.children.set(element, made);
  }
  return result.empty ? noFields : result;
}

/** What `a` has and `b` has not; with `deep`, a path in `b` takes all below it away too. */
export function difference(a: FieldSet, b: FieldSet, deep = false): FieldSet {
  if (b.empty || a.empty) return a;
  const members = new Set<Element>();
  for (const element of a.members) if (!b.members.has(element)) members.add(element);
  let shrunk = members.size !== a.members.size;
  const children = new Map<Element, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const gone = deep && b.members.has(element);
    const made = gone ? noFields : other ? difference(child, other, deep) : child;
    shrunk ||= made !== child;
    if (!made.empty) children.set(element, made);
  }
  return shrunk ? new FieldSet(members, children) : a;
}

const parsed = new WeakMap<object, FieldSet>();

/** Reads FieldsV1; the same (shared, unchanging) object is read once. Throws for malformed elements. */
export function fromFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) return noFields;
  const known = parsed.get(fields);
  if (known) return known;
  const set = new FieldSet();
  for (const key of Object.keys(fields)) {
    if (key === '.') continue;
    const element = parseElement(key);
    const below = fields[key];
    const keys = isObject(below) ? Object.keys(below) : [];
    if (keys.length === 0 || keys.includes('.')) set.members.add(element);
    const child = fromFieldsV1(below);
    if (!child.empty) set.children.set(element, child);
  }
  parsed.set(fields, set);
  return set;
}

const written = new WeakMap<FieldSet, JsonObject>();

/** The wire form, made once for each set; it is shared and must not be changed. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const known = written.get(set);
  if (known) return known;
  const result = write(set, false);
  written.set(set, result);
  parsed.set(result, set);
  return result;
}

function write(set: FieldSet, member: boolean): JsonObject {
  const result: JsonObject = {};
  if (member && !set.empty) result['.'] = {};
  const elements = new Set([...set.members, ...set.children.keys()]);
  for (const element of [...elements].sort(compareElements))
    setOwn(result, element, write(set.children.get(element) ?? noFields, set.members.has(element)));
  return result;
}
