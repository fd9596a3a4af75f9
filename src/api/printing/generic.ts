import type { Printer } from '../registration.ts';
import { nameOf, printer } from './columns.ts';

/** Columns of a built-in kind that has none of its own: upstream's default table convertor. */
export const genericPrinter: Printer = printer('Name, Created At', object => [
  nameOf(object),
  (object.metadata?.creationTimestamp as string | undefined) ?? '',
]);
