// Path elements of field sets, as text: `f:name`, `k:{"name":"web"}`, `v:"x"`, `i:0` (structured-merge-diff fieldpath).
import { isObject, own } from '../../json.ts';
import { quote } from '../../quote.ts';
import type { FieldSchema } from '../../schema.ts';

export type Element = string;

export const fieldElement = (name: string): Element => `f:${name}`;

/** A key's fields in the order of their names: the same key is always the same text. */
function keyElement(fields: [string, unknown][]): Element {
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/**
 * What identifies a list's item: its value in a set, its keys (or their defaults) in a map list;
 * undefined where an item has neither.
 */
export function itemElement(list: FieldSchema, item: unknown): Element | undefined {
  if (list.listType === 'set')
    return typeof item === 'object' || item === undefined ? undefined : `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  const fields: [string, unknown][] = [];
  for (const key of list.mapKeys ?? []) {
    const value = own(item, key) ?? list.mapKeyDefaults?.[key];
    if (value !== undefined && value !== null) fields.push([key, value]);
  }
  return fields.length > 0 ? keyElement(fields) : undefined;
}

const canonical = new Map<string, Element>();

/** Reads an element of the wire; throws for one that is malformed. */
export function parseElement(text: string): Element {
  const type = text.slice(0, 2);
  if (type === 'f:') return text;
  if (type === 'i:' && /^-?\d+$/.test(text.slice(2))) return text;
  if (type !== 'k:' && type !== 'v:') throw new Error(`unknown path element type: ${text}`);
  const known = canonical.get(text);
  if (known) return known;
  const value: unknown = JSON.parse(text.slice(2));
  if (type === 'k:' && !isObject(value)) throw new Error(`a key is no object: ${text}`);
  const made =
    isObject(value) && type === 'k:' ? keyElement(Object.entries(value)) : `v:${JSON.stringify(value)}`;
  if (canonical.size >= 5000) canonical.clear();
  canonical.set(text, made);
  return made;
}

const rank = (element: Element): number => 'fkvi'.indexOf(element[0]!);

/** Fields before keys before values before indexes, each in the order of their text. */
export const compareElements = (a: Element, b: Element): number =>
  rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);

const show = (value: unknown): string => (typeof value === 'string' ? quote(value) : String(value));

/** As messages print it: `.spec`, `[name="web"]`, `[="x"]`, `[0]`. */
export function elementText(element: Element): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${text}`;
    case 'k': {
      const fields = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${fields.map(([name, value]) => `${name}=${show(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${show(JSON.parse(text))}]`;
    default:
      return `[${text}]`;
  }
}
