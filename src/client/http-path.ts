import { apiVersionOf, type Resource } from '../api/resource.ts';
import type { ListOptions, PatchType, WatchOptions, WriteOptions } from './client.ts';

/** The path of one object, of its subresource, or (without a name) of the collection. */
export function pathOf(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const root = resource.group ? `/apis/${apiVersionOf(resource)}` : `/api/${resource.version}`;
  const space = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${space}/${resource.resource}${object}${subresource ? `/${subresource}` : ''}`;
}

type Values = Record<string, string | number | boolean | undefined>;

/** `?a=b&c=d` of what is set, or nothing. */
export function queryOf(values: Values): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '' && value !== false) query.set(key, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}

export const listQuery = ({ namespace: _, ...options }: ListOptions): Values => ({ ...options });

export function watchQuery({
  namespace: _,
  signal: __,
  sendInitialEvents,
  ...options
}: WatchOptions): Values {
  const initial = sendInitialEvents ? { sendInitialEvents, resourceVersionMatch: 'NotOlderThan' } : {};
  return { watch: true, ...options, ...initial };
}

export const writeQuery = ({ dryRun, ...options }: WriteOptions): Values => ({
  ...options,
  ...(dryRun ? { dryRun: 'All' } : {}),
});

export const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
