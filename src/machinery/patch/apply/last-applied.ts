// From `kubectl apply` to `kubectl apply --server-side` and back without conflicts: the last-applied annotation counts as ownership.

import { isObject } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { StructSchema } from '../../schema.ts';
import { compareValues } from './compare.ts';
import { fieldSetOf } from './configuration.ts';
import { difference, type FieldSet } from './field-set.ts';
import { rootSchema } from './shape.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

interface Options {
  manager: string;
  apiVersion: string;
  schema: StructSchema;
}

/** The fields that kubectl applied from the client and that still are as it applied them: it may take those over. */
export function allowedByLastApplied(live: KubeObject | undefined, options: Options): FieldSet | undefined {
  const text = live?.metadata?.annotations?.[annotation];
  if (options.manager !== 'kubectl' || !text) return undefined;
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(last) || last.apiVersion !== options.apiVersion) return undefined;
  const schema = rootSchema(options.schema);
  const { added, removed, modified } = compareValues(last, live, schema);
  return difference(difference(difference(fieldSetOf(last, schema), modified), added), removed);
}

/** Keeps the annotation, where there is one, in step with what kubectl applies on the server. */
export function refreshLastApplied(
  object: KubeObject,
  applied: KubeObject,
  { manager }: Options,
): KubeObject {
  const { metadata } = object;
  if (manager !== 'kubectl' || !metadata?.annotations?.[annotation]) return object;
  const configuration = structuredClone(applied);
  delete configuration.metadata?.annotations?.[annotation];
  const value = `${JSON.stringify(configuration)}\n`;
  if (metadata.annotations[annotation] === value) return object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [annotation]: value } },
  };
}
