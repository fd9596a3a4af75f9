// The OpenAPI documents, made when first asked for; v3 by section, under addresses that carry the section's hash.

import type { OpenApi } from '../../api/openapi/documents.ts';
import { notAcceptable } from '../../machinery/status-errors.ts';
import { encodeJson, encodeText } from '../watch-cache/encoding.ts';
import { digest, withTag } from './discovery.ts';
import type { HttpRequest } from './exchange.ts';
import type { PathHandler } from './handler.ts';

const mayBeJson = (request: HttpRequest): boolean => {
  const accept = request.header('accept');
  return !accept || /application\/json|\*\/\*|application\/\*/.test(accept);
};

const year = 'Thu, 31 Dec 2037 23:55:55 GMT';

export function openApiPaths(version: string): PathHandler {
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
      const index = encodeJson(api.v3Index());
      return withTag(request, await digest(index), 'application/json', index);
    }
    const section = path.slice('/openapi/v3/'.length);
    const document = path.startsWith('/openapi/v3/') ? api.v3(section) : undefined;
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
