// The OpenAPI documents, made when first asked for; v3 by section, under addresses that carry the section's hash.

import type { Document, OpenApi } from '../../api/openapi/documents.ts';
import type { Registry } from '../../api/registration.ts';
import { notAcceptable } from '../../machinery/status-errors.ts';
import { customSections } from '../customresources/openapi.ts';
import { encodeJson, encodeText } from '../watch-cache/encoding.ts';
import { digest, withTag } from './discovery.ts';
import type { HttpRequest } from './exchange.ts';
import type { PathHandler } from './handler.ts';

const mayBeJson = (request: HttpRequest): boolean => {
  const accept = request.header('accept');
  return !accept || /application\/json|\*\/\*|application\/\*/.test(accept);
};

const year = 'Thu, 31 Dec 2037 23:55:55 GMT';

/** Sections of custom resources with their hashes; made anew when the registry has changed. */
function customDocuments(registry: Registry, version: string): () => Promise<Map<string, Document>> {
  let of: unknown;
  let made: Promise<Map<string, Document>> = Promise.resolve(new Map());
  const make = async (): Promise<Map<string, Document>> => {
    const documents = new Map<string, Document>();
    for (const [section, text] of customSections(registry, version))
      documents.set(section, { text, hash: (await digest(encodeText(text))).slice(0, 32) });
    return documents;
  };
  return () => {
    if (of !== registry.all()) {
      of = registry.all();
      made = make();
    }
    return made;
  };
}

export function openApiPaths(registry: Registry, version: string): PathHandler {
  const customs = customDocuments(registry, version);
  let made: Promise<OpenApi> | undefined;
  const documents = (): Promise<OpenApi> =>
    (made ??= import('../../api/openapi/documents.ts').then(({ createOpenApi }) => createOpenApi(version)));
  const bytes = new WeakMap<object, Uint8Array>();
  const bytesOf = (document: { text: string }): Uint8Array => {
    let encoded = bytes.get(document);
    if (!encoded) bytes.set(document, (encoded = encodeText(document.text)));
    return encoded;
  };

  return async ({ path, request, query }) => {
    if (!path.startsWith('/openapi/')) return undefined;
    if (!mayBeJson(request))
      throw notAcceptable('only the following media types are accepted: application/json');
    const api = await documents();
    if (path === '/openapi/v2') {
      const document = api.v2();
      return withTag(request, document.hash, 'application/json', bytesOf(document));
    }
    if (path === '/openapi/v3' || path === '/openapi/v3/') {
      const extra = [...(await customs())].map(([section, { hash }]) => [section, hash]);
      const index = encodeJson(api.v3Index(Object.fromEntries(extra)));
      return withTag(request, await digest(index), 'application/json', index);
    }
    const section = path.slice('/openapi/v3/'.length);
    const document = path.startsWith('/openapi/v3/')
      ? (api.v3(section) ?? (await customs()).get(section))
      : undefined;
    if (!document) return undefined;
    const asked = query.get('hash');
    if (asked !== null && asked !== document.hash) {
      const location = `/openapi/v3/${section}?hash=${document.hash}`;
      return { status: 301, headers: { location }, body: { type: 'bytes', bytes: new Uint8Array(0) } };
    }
    return withTag(request, document.hash, 'application/json', bytesOf(document), {
      'cache-control': asked === null ? 'no-cache, private' : 'public, immutable',
      ...(asked === null ? {} : { expires: year }),
    });
  };
}
