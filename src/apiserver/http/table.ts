// Server-side printing: objects as rows of a Table (metav1.Table).
import type { Registration } from '../../api/registration.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { encodeText } from '../watch-cache/encoding.ts';
import type { View } from '../watch-cache/entry.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** `v1` or `v1beta1`. */
  version: string;
  include: IncludeObject;
  now: number;
  /** Absent for all but the first event of a watch. */
  headers: boolean;
}

const metadataText = new Map<string, string>();
const partialKey = (version: string): string => {
  let key = metadataText.get(version);
  if (!key) metadataText.set(version, (key = `metadata/${version}`));
  return key;
};

/** The object's PartialObjectMetadata as JSON text, made once for each view. */
export const partialText = (view: View, version: string): string =>
  view.derive(partialKey(version), () =>
    JSON.stringify({
      kind: 'PartialObjectMetadata',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: view.object.metadata,
    }),
  );

function rowText(registration: Registration, view: View, options: TableOptions): string {
  const cells = JSON.stringify(registration.printer.cells(view.object, options.now));
  if (options.include === 'None') return `{"cells":${cells}}`;
  const object =
    options.include === 'Object' ? JSON.stringify(view.object) : partialText(view, options.version);
  return `{"cells":${cells},"object":${object}}`;
}

/** A Table of these objects. */
export function tableText(
  registration: Registration,
  views: readonly View[],
  metadata: KubeObject['metadata'] | Record<string, unknown>,
  options: TableOptions,
): string {
  const columns = options.headers
    ? registration.printer.columns.map(({ name, type, format, description, priority }) => ({
        name,
        type,
        format: format ?? '',
        description,
        priority,
      }))
    : [];
  const rows = views.map(view => rowText(registration, view, options)).join(',');
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${options.version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${JSON.stringify(columns)},"rows":[${rows}]}`;
}

/** One event of a watch for Tables. */
export function tableLine(
  registration: Registration,
  type: string,
  view: View,
  options: TableOptions,
): Uint8Array {
  const { resourceVersion } = view.object.metadata;
  const table = tableText(registration, [view], { resourceVersion }, options);
  return encodeText(`{"type":"${type}","object":${table}}\n`);
}
