// Server-side printing: objects as rows of a Table (meta.k8s.io, which the official client has no types for), as JSON text at once.
import type { KubeObject } from '../../machinery/object.ts';
import type { Registration } from '../registration.ts';

/** What each row holds besides its cells: `?includeObject=`. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** An object to print; what is made of it once and used again is kept by whoever holds it. */
export interface Printable {
  readonly object: KubeObject;
  derive<T>(key: unknown, make: () => T): T;
}

export interface TableOptions {
  /** `v1` or `v1beta1`. */
  version: string;
  include: IncludeObject;
  /** Milliseconds since the epoch, for ages. */
  now: number;
  /** False for all but the first event of a watch. */
  headers: boolean;
}

const metadataText = new Map<string, string>();
const partialKey = (version: string): string => {
  let key = metadataText.get(version);
  if (!key) metadataText.set(version, (key = `metadata/${version}`));
  return key;
};

/** The object's PartialObjectMetadata as JSON text, made once for each view. */
export const partialText = (view: Printable, version: string): string =>
  view.derive(partialKey(version), () =>
    JSON.stringify({
      kind: 'PartialObjectMetadata',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: view.object.metadata,
    }),
  );

function rowText(registration: Registration, view: Printable, options: TableOptions): string {
  const cells = JSON.stringify(registration.printer.cells(view.object, options.now));
  if (options.include === 'None') return `{"cells":${cells}}`;
  const object =
    options.include === 'Object' ? JSON.stringify(view.object) : partialText(view, options.version);
  return `{"cells":${cells},"object":${object}}`;
}

const columnsText = new WeakMap<Registration, string>();

function columnsOf(registration: Registration): string {
  let text = columnsText.get(registration);
  if (!text) {
    const columns = registration.printer.columns.map(
      ({ name, type, format = '', description, priority }) => ({
        ...{ name, type, format, description, priority },
      }),
    );
    columnsText.set(registration, (text = JSON.stringify(columns)));
  }
  return text;
}

/** A Table of objects of one kind; `metadata` is the list's. */
export function tableText(
  registration: Registration,
  views: readonly Printable[],
  metadata: object,
  options: TableOptions,
): string {
  const columns = options.headers ? columnsOf(registration) : '[]';
  const rows = views.map(view => rowText(registration, view, options)).join(',');
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${options.version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns},"rows":[${rows}]}`;
}

/** One event of a watch for Tables: a line. */
export function tableLine(
  registration: Registration,
  type: string,
  view: Printable,
  options: TableOptions,
): string {
  const resourceVersion = view.object.metadata?.resourceVersion;
  const table = tableText(registration, [view], { resourceVersion }, options);
  return `{"type":"${type}","object":${table}}\n`;
}
