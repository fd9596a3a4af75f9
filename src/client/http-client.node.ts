import type { ConnectionOptions } from 'node:tls';
import type { V1Status } from '../api/generated/types.ts';
import { apiVersionOf, type Resource } from '../api/resource.ts';
import { type Clock, sleep } from '../machinery/clock.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import { reasonCodes, StatusError, type StatusReason } from '../machinery/status-error.ts';
import type { Client, List, WatchEvent, WatchOptions } from './client.ts';
import { createGate } from './gate.ts';
import { listQuery, patchContentTypes, pathOf, queryOf, watchQuery, writeQuery } from './http-path.ts';
import { jsonLines } from './json-lines.ts';
import { createTransport, type TransportResponse } from './transport.node.ts';

export interface HttpClientOptions {
  clock: Clock;
  /** `https://127.0.0.1:6443`, or `http://` without TLS. */
  server: string;
  /** `ca`, `cert`, `key` (PEM), `servername`, `rejectUnauthorized`. */
  tls?: ConnectionOptions;
  /** Asked for each request: tokens are rotated. */
  token?: () => string | Promise<string>;
  /** Default `tsukube`. */
  userAgent?: string;
  /** For requests other than watches; default 60 s. */
  timeoutMs?: number;
}

export interface HttpClient extends Client {
  /** Ends all connections. */
  close(): void;
}

const maxTries = 10;
/** Requests other than watches at one time; more would only wait in the server. */
const maxInFlight = 128;
const watchGraceSeconds = 30;

interface Call {
  method: string;
  path: string;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal;
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const reasonOf = (code: number): StatusReason | '' => {
  const found = Object.entries(reasonCodes).find(([, value]) => value === code);
  return found && code !== 409 && code !== 500 ? (found[0] as StatusReason) : '';
};

/** The refusal that an answer carries, also where a proxy in between wrote it. */
async function refusal({ status, body }: TransportResponse): Promise<StatusError> {
  const text = await readAll(body);
  try {
    const parsed = JSON.parse(text) as V1Status;
    if (parsed.kind === 'Status') return StatusError.fromStatus({ code: status, ...parsed });
  } catch {} // Not JSON: told as text below.
  const message = text.trim() || `the server answered with status ${status}`;
  return new StatusError(reasonOf(status), message, undefined, status);
}

/** A Client over HTTP: TLS with a client certificate or a token, one multiplexed connection where the server speaks HTTP/2. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, timeoutMs = 60_000, userAgent = 'tsukube' } = options;
  const transport = createTransport({ clock, server: new URL(options.server), tls: options.tls ?? {} });

  const gate = createGate(maxInFlight);

  const once = async ({ method, path, body, contentType, signal }: Call): Promise<TransportResponse> => {
    const token = await options.token?.();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(text === undefined
        ? {}
        : {
            'content-type': contentType ?? 'application/json',
            'content-length': String(Buffer.byteLength(text)),
          }),
    };
    return transport.request({
      method,
      path,
      headers,
      body: text,
      signal: signal ?? new AbortController().signal,
    });
  };

  /** An accepted answer; waits and asks again where the server says when, as client-go does. */
  const send = async (call: Call): Promise<TransportResponse> => {
    for (let tries = 1; ; tries++) {
      const answer = await once(call);
      if (answer.status < 300) return answer;
      const after = Number(answer.headers['retry-after']);
      const error = await refusal(answer);
      const retriable = answer.status === 429 || answer.status >= 500;
      if (!retriable || Number.isNaN(after) || tries >= maxTries) throw error;
      await sleep(clock, after * 1000, call.signal);
    }
  };

  const ask = async <A>(call: Call): Promise<A> => {
    const limit = new AbortController();
    const timer = clock.timer(timeoutMs, () =>
      limit.abort(new Error(`${call.method} ${call.path}: no answer within ${timeoutMs / 1000} s`)),
    );
    try {
      const { body } = await send({ ...call, signal: limit.signal });
      return JSON.parse(await readAll(body)) as A;
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason;
      throw error;
    } finally {
      timer.cancel();
    }
  };
  const json = <A>(call: Call): Promise<A> => gate.through(() => ask<A>(call));

  async function* watch<T>(resource: Resource<T>, given: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const path = pathOf(resource, given.namespace) + queryOf(watchQuery(given));
    const { signal: asked, timeoutSeconds } = given;
    const late = new AbortController();
    // The server ends a watch in time; one that does not is gone without our having noticed.
    const timer = timeoutSeconds
      ? clock.timer((timeoutSeconds + watchGraceSeconds) * 1000, () =>
          late.abort(new Error('the watch went silent')),
        )
      : undefined;
    const signal = asked ? AbortSignal.any([asked, late.signal]) : late.signal;
    try {
      const { body } = await send({ method: 'GET', path, signal });
      for await (const line of jsonLines(body)) {
        const event = line as { type: string; object: V1Status };
        if (event.type === 'ERROR') throw StatusError.fromStatus(event.object);
        yield event as unknown as WatchEvent<T>;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      timer?.cancel();
    }
  }

  const write = <T extends KubeObject>(
    method: 'POST' | 'PUT',
    resource: Resource<T>,
    object: T,
    given: Parameters<typeof writeQuery>[0] = {},
    subresource?: string,
  ): Promise<Stored<T>> => {
    const { namespace, name } = object.metadata ?? {};
    const target = method === 'POST' ? undefined : name;
    const space = resource.namespaced ? (namespace ?? 'default') : undefined;
    const path = pathOf(resource, space, target, subresource) + queryOf(writeQuery(given));
    return json({
      method,
      path,
      body: { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object },
    });
  };

  return {
    watch,
    close: () => transport.close(),
    get: (resource, name, namespace) => json({ method: 'GET', path: pathOf(resource, namespace, name) }),
    async list<T>(resource: Resource<T>, given = {} as Parameters<Client['list']>[1]) {
      const path = pathOf(resource, given?.namespace) + queryOf(listQuery(given ?? {}));
      const list = await json<List<T>>({ method: 'GET', path });
      // Upstream leaves these out of the items of a typed list.
      const apiVersion = apiVersionOf(resource);
      list.items = (list.items ?? []).map(item => ({ ...item, apiVersion, kind: resource.kind }));
      return list;
    },
    create: (resource, object, given) => write('POST', resource, object, given),
    update: (resource, object, given) => write('PUT', resource, object, given),
    updateStatus: (resource, object, given) => write('PUT', resource, object, given, 'status'),
    patch(resource, name, namespace, { type, body }, { subresource, force, ...given } = {}) {
      const query = queryOf({ ...writeQuery(given), force });
      const path = pathOf(resource, namespace, name, subresource) + query;
      return json({ method: 'PATCH', path, body, contentType: patchContentTypes[type] });
    },
    async delete(resource, name, namespace, body) {
      await json({ method: 'DELETE', path: pathOf(resource, namespace, name), body: deleteBody(body) });
    },
    async deleteCollection(resource, given, body) {
      const path = pathOf(resource, given.namespace) + queryOf(listQuery(given));
      await json({ method: 'DELETE', path, body: deleteBody(body) });
    },
    subresource(method, resource, name, namespace, subresource, body) {
      const verb = { get: 'GET', create: 'POST', update: 'PUT' }[method];
      return json({ method: verb, path: pathOf(resource, namespace, name, subresource), body });
    },
  };
}

const deleteBody = (options: object | undefined): object | undefined =>
  options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
