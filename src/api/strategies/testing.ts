// Leads objects through their life as the API server does: defaults, prepare, metadata and the kind's own validation.

import type { KubeObject } from '../../machinery/object.ts';
import { createRegistry } from '../builtins.ts';
import { groupResource } from '../resource.ts';
import { collect } from '../validation/causes.ts';
import { checkMetadata, nameCheckOf } from '../validation/metadata.ts';

export type Fields = KubeObject & {
  spec?: Record<string, unknown>;
  status?: unknown;
  [name: string]: unknown;
};

export const registry = createRegistry();
export const kindOf = (resource: string) => {
  const found = registry.all().find(each => each.resource === resource && each.version !== 'v2');
  if (!found) throw new Error(`no ${resource}`);
  return found;
};

const metadataCauses = (resource: string, object: KubeObject) =>
  collect(causes => checkMetadata(causes, object, nameCheckOf(groupResource(kindOf(resource)))));

const texts = (causes: { field?: string; message?: string }[]): string[] =>
  causes.map(cause => `${cause.field}: ${cause.message}`);

/** As a create does it; returns the object and what is wrong with it. */
export function created(resource: string, object: object): { object: Fields; wrong: string[] } {
  const { strategy } = kindOf(resource);
  const copy = structuredClone(object) as Fields;
  strategy.defaults?.(copy);
  strategy.prepareForCreate?.(copy);
  return {
    object: copy,
    wrong: texts([...metadataCauses(resource, copy), ...(strategy.validate?.(copy) ?? [])]),
  };
}

export function updated(
  resource: string,
  old: Fields,
  change: (object: Fields) => void,
): { object: Fields; wrong: string[] } {
  const { strategy } = kindOf(resource);
  const copy = structuredClone(old);
  change(copy);
  strategy.defaults?.(copy);
  strategy.prepareForUpdate?.(copy, old);
  return { object: copy, wrong: texts(strategy.validateUpdate?.(copy, old) ?? []) };
}

export const template = (labels: object = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image: 'web:1' }] },
});
export const deployment = (spec: object = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});
export const service = (spec: object) => ({ metadata: { name: 'web', namespace: 'default' }, spec });
