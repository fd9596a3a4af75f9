// Discovery: which groups, versions and resources there are; plain, and aggregated for clients that accept it.
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  groupVersions,
} from '../../api/discovery.ts';
import type { Registry } from '../../api/registration.ts';
import type { Clock } from '../../machinery/clock.ts';
import { encodeJson } from '../watch-cache/encoding.ts';
import { bytesResponse, type HttpRequest, type HttpResponse } from './exchange.ts';
import type { PathHandler } from './handler.ts';
import { formOf } from './resources.ts';
import { respondObject } from './respond.ts';

/** Hex of the SHA-512 of these bytes, in capitals: what upstream's ETags are made of. */
export async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-512', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

/** The bytes, or 304 for a client that has them. */
export function withTag(
  request: HttpRequest,
  tag: string,
  contentType: string,
  bytes: Uint8Array,
  headers: HttpResponse['headers'] = {},
): HttpResponse {
  const quoted = `"${tag}"`;
  const all = { etag: quoted, vary: 'Accept', ...headers };
  const known = (request.header('if-none-match') ?? '').split(',').map(text => text.trim());
  if (known.includes(quoted))
    return { status: 304, headers: all, body: { type: 'bytes', bytes: new Uint8Array(0) } };
  return bytesResponse(200, contentType, bytes, all);
}

interface Document {
  /** What `registry.all()` was when this was made: a new array after each change. */
  of: unknown;
  bytes: Uint8Array;
  tag: string;
}

export function discoveryPaths(options: { registry: Registry; clock: Clock; address: string }): PathHandler {
  const { registry, clock, address } = options;
  const documents = new Map<string, Document>();

  const aggregated = async (request: HttpRequest, part: 'core' | 'groups', version: 'v2' | 'v2beta1') => {
    const key = `${part}/${version}`;
    let document = documents.get(key);
    if (document?.of !== registry.all()) {
      const bytes = encodeJson(aggregatedDiscovery(registry, part, version));
      document = { of: registry.all(), bytes, tag: await digest(bytes) };
      documents.set(key, document);
    }
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return withTag(request, document.tag, type, document.bytes, { 'cache-control': 'public' });
  };

  const roots = (): object => {
    const groups = [...groupVersions(registry)].flatMap(([group, versions]) => [
      `/apis/${group}`,
      ...versions.map(version => `/apis/${group}/${version}`),
    ]);
    const fixed = [
      '/.well-known/openid-configuration',
      '/api',
      '/api/v1',
      '/apis',
      '/healthz',
      '/livez',
      '/metrics',
    ];
    const more = ['/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'];
    return { paths: [...fixed, ...more, ...groups].sort() };
  };

  return async ({ path, request, query }) => {
    const parts = path.split('/').filter(Boolean);
    const [root, first, second] = parts;
    if (parts.length > 0 && root !== 'api' && root !== 'apis') return undefined;
    const form = formOf(request, query, clock);
    const answer = (object: object | undefined) => object && respondObject(form, 200, object);
    if (parts.length === 0) return answer(roots());
    const { discovery } = form.media;
    if (root === 'api') {
      if (parts.length === 1)
        return discovery
          ? aggregated(request, 'core', discovery as 'v2' | 'v2beta1')
          : answer(apiVersions(address));
      return parts.length === 2 ? answer(apiResourceList(registry, '', first!)) : undefined;
    }
    if (parts.length === 1)
      return discovery
        ? aggregated(request, 'groups', discovery as 'v2' | 'v2beta1')
        : answer(apiGroupList(registry));
    if (parts.length === 2) return answer(apiGroup(registry, first!));
    return parts.length === 3 ? answer(apiResourceList(registry, first!, second!)) : undefined;
  };
}
