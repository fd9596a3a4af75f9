// Serves a fake client over TLS, so that the HTTP client's own tests need no API server.
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { apiVersionOf, type Resource } from '../api/resource.ts';
import type { KubeObject } from '../machinery/object.ts';
import { StatusError } from '../machinery/status-error.ts';
import type { Client, PatchType } from './client.ts';
import { patchContentTypes } from './http-path.ts';

export interface FakeServer extends AsyncDisposable {
  url: string;
  /** HTTP versions of the requests so far. */
  versions: string[];
  authorizations: (string | undefined)[];
  /** Answers the next requests instead, until it gives false. */
  intercept: ((response: ServerResponse, path: string) => boolean) | undefined;
}

interface Target {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

function route(path: string, resources: readonly Resource[]): Target {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const rest = parts.slice(parts[0] === 'apis' ? 3 : 2);
  const apiVersion = parts.slice(1, parts[0] === 'apis' ? 3 : 2).join('/');
  const scoped = rest[0] === 'namespaces' && rest.length > 2;
  const [plural, name, subresource] = scoped ? rest.slice(2) : rest;
  const resource = resources.find(known => known.resource === plural && apiVersionOf(known) === apiVersion);
  if (!resource) throw new StatusError('NotFound', 'the server could not find the requested resource');
  return { resource, namespace: scoped ? rest[1] : undefined, name, subresource };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
}

async function watch(
  client: Client,
  target: Target,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  const options = Object.fromEntries(query) as Record<string, string>;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders?.();
  try {
    for await (const event of client.watch(target.resource, {
      ...options,
      namespace: target.namespace,
      signal: stop.signal,
    })) {
      const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
      // Cut in odd places, as networks do.
      for (let at = 0; at < bytes.length; at += 1021) response.write(bytes.subarray(at, at + 1021));
    }
  } catch (error) {
    const object = (error as StatusError).toStatus();
    response.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  }
  response.end();
}

async function answer(
  client: Client,
  target: Target,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<unknown> {
  const { resource, namespace, name, subresource } = target;
  const body = (await bodyOf(request)) as KubeObject | undefined;
  const options = { dryRun: query.get('dryRun') === 'All' };
  const list = { ...Object.fromEntries(query), namespace, limit: Number(query.get('limit') ?? 0) };
  const { method } = request;
  if (subresource && subresource !== 'status') {
    const verb = { GET: 'get', POST: 'create', PUT: 'update' }[method ?? ''] as 'get' | 'create' | 'update';
    return client.subresource(verb, resource, name ?? '', namespace, subresource, body);
  }
  if (method === 'PATCH') {
    const header = request.headers['content-type'];
    const type = Object.entries(patchContentTypes).find(([, value]) => value === header)?.[0] as PatchType;
    return client.patch(resource, name ?? '', namespace, { type, body }, { ...options, subresource });
  }
  if (method === 'PUT') {
    return subresource
      ? client.updateStatus(resource as Resource<KubeObject>, body!, options)
      : client.update(resource as Resource<KubeObject>, body!, options);
  }
  if (method === 'POST') return client.create(resource as Resource<KubeObject>, body!, options);
  if (method === 'DELETE') {
    if (name) await client.delete(resource, name, namespace, body as object);
    else await client.deleteCollection(resource, list, body as object);
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  }
  if (name) return client.get(resource, name, namespace);
  const found = await client.list(resource as Resource<KubeObject>, list);
  return { ...found, items: found.items.map(item => ({ ...item, kind: undefined, apiVersion: undefined })) };
}

/** `h2` decides whether HTTP/2 is offered beside HTTP/1.1. */
export async function startFakeServer(
  client: Client,
  resources: readonly Resource[],
  options: { cert: string; key: string; h2: boolean },
): Promise<FakeServer> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://host');
    server.versions.push(request.httpVersion);
    server.authorizations.push(request.headers.authorization);
    if (server.intercept?.(response, url.pathname)) return;
    try {
      const target = route(url.pathname, resources);
      if (url.searchParams.has('watch')) return await watch(client, target, url.searchParams, response);
      const body = await answer(client, target, request, url.searchParams);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      response.writeHead(error.code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(error.toStatus()));
    }
  };
  const listener = (request: unknown, response: unknown): void => {
    handle(request as IncomingMessage, response as ServerResponse).catch(error => {
      (response as ServerResponse).destroy(error as Error);
    });
  };
  const { cert, key, h2 } = options;
  const listening = h2
    ? http2.createSecureServer({ cert, key, allowHTTP1: true }, listener)
    : https.createServer({ cert, key }, listener);
  const sockets = new Set<{ destroy(): void }>();
  listening.on('secureConnection', socket => sockets.add(socket));
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
  const server: FakeServer = {
    url: `https://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    versions: [],
    authorizations: [],
    intercept: undefined,
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => listening.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return server;
}
