import { existsSync, readFileSync } from 'node:fs';
import type { Registry } from '../api/registration.ts';
import type { Resource } from '../api/resource.ts';
import type { Client } from '../client/client.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';

/** What cannot be applied, in one line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

export const fieldManager = 'tsukube-testing';

/** Text has a line break or a colon followed by a space, as every manifest does; all else is the path of a file. */
const isText = (source: string): boolean => /\n|: |^\s*\{/.test(source);

function textOf(source: string): string {
  if (isText(source)) return source;
  if (!existsSync(source)) throw new ManifestError(`there is no file ${source}`);
  return readFileSync(source, 'utf8');
}

/** The objects of a YAML or JSON text with any number of documents; Lists are taken apart. */
export async function parseManifest(text: string): Promise<KubeObject[]> {
  // Loaded late: it is a tenth of what a start in a new process takes.
  const { parseAllDocuments } = await import('yaml');
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors;
    if (error) throw new ManifestError(`the manifest is no YAML: ${error.message}`, { cause: error });
    const value = document.toJS() as (KubeObject & { items?: KubeObject[] }) | null;
    if (value === null) continue;
    if (typeof value !== 'object' || !value.kind || !value.apiVersion)
      throw new ManifestError('an object of the manifest has no apiVersion or no kind');
    if (value.kind.endsWith('List') && Array.isArray(value.items)) objects.push(...value.items);
    else objects.push(value);
  }
  return objects;
}

function resourceOf(registry: Registry, { apiVersion = '', kind = '' }: KubeObject): Resource {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const found = registry.byKind(group!, version!, kind);
  if (!found) throw new ManifestError(`no matches for kind "${kind}" in version "${apiVersion}"`);
  return found;
}

/** Applies the objects of a manifest (its text, or the path of its file) in their order, by server-side apply. */
export async function applyManifest(
  client: Client,
  registry: Registry,
  source: string,
  namespace: string,
): Promise<Stored<KubeObject>[]> {
  const applied: Stored<KubeObject>[] = [];
  for (const object of await parseManifest(textOf(source))) {
    const resource = resourceOf(registry, object) as Resource<KubeObject>;
    const metadata = { ...object.metadata };
    if (resource.namespaced) metadata.namespace ??= namespace;
    const body = { ...object, metadata };
    applied.push(
      metadata.name
        ? await client.patch(
            resource,
            metadata.name,
            metadata.namespace,
            { type: 'apply', body },
            { fieldManager, force: true, fieldValidation: 'Strict' },
          )
        : await client.create(resource, body, { fieldManager, fieldValidation: 'Strict' }),
    );
  }
  return applied;
}
