import type { Printer } from '../registration.ts';
import { genericPrinter } from './generic.ts';

/** Keys are `resource.group/version`. */
const own: Readonly<Record<string, Printer>> = {};

/** The printer of a built-in kind. */
export const printerOf = (groupResource: string, version: string): Printer =>
  own[`${groupResource}/${version}`] ?? genericPrinter;
