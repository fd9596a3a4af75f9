// What differs between two objects, as field sets (structured-merge-diff typed/compare.go).
import { equal } from '../../equality.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { FieldSchema } from '../../schema.ts';
import { type Element, fieldElement, itemElement } from './element.ts';
import { FieldSet } from './field-set.ts';
import { childSchema, itemSchema, presentField, shapeOf } from './shape.ts';

export interface Comparison {
  added: FieldSet;
  removed: FieldSet;
  modified: FieldSet;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

class Walk implements Comparison {
  readonly added = new FieldSet();
  readonly removed = new FieldSet();
  readonly modified = new FieldSet();
  readonly #path: Element[] = [];

  #at(element: Element, step: () => void): void {
    this.#path.push(element);
    step();
    this.#path.pop();
  }

  #leaf(old: unknown, now: unknown): void {
    if (old === undefined) this.added.insert(this.#path);
    else if (now === undefined) this.removed.insert(this.#path);
    else if (!equal(old, now)) this.modified.insert(this.#path);
  }

  compare(old: unknown, now: unknown, schema: FieldSchema): void {
    if (old === now) return;
    const shape = shapeOf(schema, now ?? old);
    const ofShape = (value: unknown): boolean =>
      value === undefined || value === null || (shape === 'items' ? Array.isArray(value) : isObject(value));
    if (shape === 'leaf' || !ofShape(old) || !ofShape(now) || (isEmpty(old) && isEmpty(now))) {
      this.#leaf(old, now);
      return;
    }
    if (shape === 'items') this.#items(old as unknown[] | undefined, now as unknown[] | undefined, schema);
    else this.#fields(old as JsonObject | undefined, now as JsonObject | undefined, schema);
    if (old === undefined) this.added.insert(this.#path);
    else if (now === undefined) this.removed.insert(this.#path);
  }

  #fields(old: JsonObject | undefined, now: JsonObject | undefined, schema: FieldSchema): void {
    const left = old ?? {};
    const right = now ?? {};
    const both = isObject(old) && isObject(now);
    const step = (key: string): void => {
      const before = both ? presentField(schema, left, key) : (left[key] as unknown);
      const after = both ? presentField(schema, right, key) : (right[key] as unknown);
      if (before === after) return;
      this.#at(fieldElement(key), () => this.compare(before, after, childSchema(schema, key)));
    };
    for (const key of Object.keys(left)) step(key);
    for (const key of Object.keys(right)) if (!Object.hasOwn(left, key)) step(key);
  }

  #items(old: unknown[] | undefined, now: unknown[] | undefined, schema: FieldSchema): void {
    const before = indexItems(old, schema);
    const after = indexItems(now, schema);
    const item = itemSchema(schema);
    for (const element of new Set([...before.keys(), ...after.keys()])) {
      const left = before.get(element) ?? [];
      const right = after.get(element) ?? [];
      this.#at(element, () => {
        if (left.length <= 1 && right.length <= 1) this.compare(left[0], right[0], item);
        else if (left.length >= 2 && right.length >= 2) {
          if (!equal(left, right)) this.modified.insert(this.#path);
        } else if (left.length >= 2) {
          if (right.length > 0) this.compare(undefined, right[0], item);
          this.removed.insert(this.#path);
        } else {
          if (left.length > 0) this.compare(left[0], undefined, item);
          this.added.insert(this.#path);
        }
      });
    }
  }
}

/** Items by what identifies them; those that nothing identifies are left out. */
function indexItems(list: unknown[] | undefined | null, schema: FieldSchema): Map<Element, unknown[]> {
  const index = new Map<Element, unknown[]>();
  for (const item of list ?? []) {
    const element = itemElement(schema, item);
    if (element === undefined) continue;
    const known = index.get(element);
    if (known) known.push(item);
    else index.set(element, [item]);
  }
  return index;
}

/** `undefined` stands for absence. Subtrees that both sides share are skipped. */
export function compareValues(old: unknown, now: unknown, schema: FieldSchema): Comparison {
  const walk = new Walk();
  walk.compare(old, now, schema);
  return walk;
}
