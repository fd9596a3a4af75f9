import type { Printer } from '../registration.ts';

/** Columns of a kind that has none of its own: upstream's default table convertor. */
export const genericPrinter: Printer = {
  columns: [
    { name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', priority: 0 },
    { name: 'Created At', type: 'date', description: 'Time of creation.', priority: 0 },
  ],
  cells: object => [object.metadata?.name ?? '', object.metadata?.creationTimestamp ?? ''],
};
