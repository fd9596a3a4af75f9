import type { KubeObject } from '../../machinery/object.ts';
import type { Column, Registration } from '../registration.ts';

/** What each row holds besides its cells: `?includeObject=`. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** A meta.k8s.io/v1 Table, which the official client has no type for. */
export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: (Column & { format: string })[];
  rows: { cells: (string | number | boolean)[]; object?: KubeObject }[];
}

const definitions = new WeakMap<Registration, Table['columnDefinitions']>();

const definitionsOf = (registration: Registration): Table['columnDefinitions'] => {
  let list = definitions.get(registration);
  if (!list) {
    list = registration.printer.columns.map(({ name, type, format = '', description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    }));
    definitions.set(registration, list);
  }
  return list;
};

function objectOf(object: KubeObject, include: IncludeObject, apiVersion: string): KubeObject | undefined {
  if (include === 'None') return undefined;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
}

/**
 * Objects of one kind as a Table for `kubectl get`. `now` in milliseconds since the epoch; `metadata` is the list's.
 * Objects are shared with the answer, not copied.
 */
export function tableOf(
  registration: Registration,
  objects: readonly KubeObject[],
  now: number,
  options: { includeObject?: IncludeObject; metadata?: Table['metadata']; version?: 'v1' | 'v1beta1' } = {},
): Table {
  const { includeObject = 'Metadata', metadata = {}, version = 'v1' } = options;
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    kind: 'Table',
    apiVersion,
    metadata,
    columnDefinitions: definitionsOf(registration),
    rows: objects.map(object => {
      const included = objectOf(object, includeObject, apiVersion);
      return {
        cells: registration.printer.cells(object, now),
        ...(included ? { object: included } : {}),
      };
    }),
  };
}
