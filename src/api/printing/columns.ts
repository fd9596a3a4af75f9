// The shorthand in which the printers of kinds are written.
import { humanDuration } from '../../machinery/duration.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Column, Printer } from '../registration.ts';

export type Cell = string | number | boolean;

const known: Readonly<Record<string, Partial<Column>>> = {
  Name: { format: 'name', description: 'Name of the object.' },
  Age: { description: 'Time since creation.' },
  'Created At': { type: 'date', description: 'Time of creation.' },
};

/** `Ready`, `Desired:integer`, `+IP` (shown with `-o wide` only). */
function column(text: string): Column {
  const wide = text.startsWith('+');
  const [name = '', type = 'string'] = (wide ? text.slice(1) : text).split(':');
  return {
    name,
    type: type as Column['type'],
    description: '',
    priority: wide ? 1 : 0,
    ...known[name],
  };
}

/** `columns` is a comma-separated list in the shorthand above. */
export function printer<T extends KubeObject>(
  columns: string,
  cells: (object: T, now: number) => Cell[],
): Printer {
  return {
    columns: columns.split(/,\s*/).map(column),
    cells: (object, now) => cells(object as T, now),
  };
}

export const nameOf = (object: KubeObject): string => object.metadata?.name ?? '';

/** `5m`, or `<unknown>` where the time is not known. Times of either kind of the API. */
export function since(time: string | undefined, now: number): string {
  if (!time) return '<unknown>';
  const then = Date.parse(time);
  return Number.isNaN(then) ? '<unknown>' : humanDuration(now - then);
}

export const age = (object: KubeObject, now: number): string =>
  since(object.metadata?.creationTimestamp as string | undefined, now);

export const orNone = (text: string | undefined): string => text || '<none>';

/** `a=b,c=d` in order of keys, or `<none>`. */
export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  orNone(
    Object.keys(labels ?? {})
      .sort()
      .map(key => `${key}=${labels![key]}`)
      .join(','),
  );

/** The first `most` of a list, and how many more there are. */
export const firstOf = (list: readonly string[], most: number, empty: string): string =>
  list.length === 0
    ? empty
    : list.length > most
      ? `${list.slice(0, most).join(',')} + ${list.length - most} more...`
      : list.join(',');
