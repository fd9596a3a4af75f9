// Requests that end at a node: logs, exec, attach, port-forward, and the proxies of nodes, pods and services.

import type { Registry } from '../../api/registration.ts';
import type { Client } from '../../client/client.ts';
import type { Random } from '../../machinery/random.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { badRequest, internalError, invalid } from '../../machinery/status-errors.ts';
import { authorize } from '../authorize.ts';
import type { AdmissionRequest, Stages, User } from '../contracts.ts';
import type { HttpRequest, HttpResponse } from '../http/exchange.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { methodNotAllowed } from '../refusals.ts';
import { decodeText } from '../watch-cache/encoding.ts';
import { podTarget, proxyTarget } from './locations.ts';
import type { Target, Transport } from './transport.ts';

export interface ConnectOptions {
  /** The server's own. */
  client: Client;
  registry: Registry;
  stages: Stages;
  random: Random;
  /** Absent: nothing beyond the server can be reached. */
  transport: Transport | undefined;
}

const streaming = new Set(['exec', 'attach', 'portforward']);
const proxied = new Set(['nodes', 'pods', 'services']);

const isProxy = ({ group, resource, subresource }: RequestInfo): boolean =>
  group === '' && subresource === 'proxy' && proxied.has(resource);
const isStream = ({ group, resource, subresource }: RequestInfo): boolean =>
  group === '' && resource === 'pods' && streaming.has(subresource);
const isLog = ({ group, resource, subresource }: RequestInfo): boolean =>
  group === '' && resource === 'pods' && subresource === 'log';

const isWebSocket = (request: HttpRequest): boolean =>
  request.header('upgrade')?.toLowerCase() === 'websocket';

async function admitConnect(options: ConnectOptions, info: RequestInfo, user: User): Promise<void> {
  const { registry, stages } = options;
  const registration = registry.find(info.group, info.version, info.resource);
  if (!registration) return;
  const request: AdmissionRequest = {
    operation: 'CONNECT',
    user,
    registration,
    subresource: info.subresource,
    namespace: registration.namespaced ? info.namespace : '',
    name: info.name,
    object: undefined,
    old: undefined,
    dryRun: false,
    warn: () => {},
  };
  for (const plugin of stages.admission) await plugin.admit?.(request);
  for (const plugin of stages.admission) await plugin.validate?.(request);
}

/** Headers that belong to one connection only, and what tells who the client is. */
const dropped = new Set([
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
const passed = [
  'accept',
  'accept-encoding',
  'content-type',
  'user-agent',
  'range',
  'cookie',
  'origin',
  'referer',
];

function requestHeaders(request: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of passed) {
    const value = request.header(name);
    if (value !== undefined) headers[name] = value;
  }
  if (request.remoteAddress) headers['x-forwarded-for'] = request.remoteAddress;
  return headers;
}

const unreachable = ({ host, port }: Target, error: unknown): StatusError => {
  const why = error instanceof Error ? error.message : 'unknown error';
  return new StatusError(
    'ServiceUnavailable',
    `error trying to reach service: dial tcp ${host}:${port}: ${why}`,
  );
};

const bodyLimit = 256 * 1024 * 1024;

async function send(options: ConnectOptions, target: Target, request: HttpRequest) {
  if (!options.transport) throw new StatusError('ServiceUnavailable', 'this server reaches no nodes');
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const body = hasBody ? await request.body(bodyLimit) : undefined;
  return options.transport
    .request({
      target,
      method: request.method,
      headers: requestHeaders(request),
      ...(body ? { body } : {}),
      signal: request.signal,
    })
    .catch(error => {
      throw unreachable(target, error);
    });
}

const streamOf = (
  status: number,
  headers: HttpResponse['headers'],
  body: AsyncIterable<Uint8Array>,
): HttpResponse => ({
  status,
  headers,
  body: {
    type: 'stream',
    async run(sink, signal) {
      for await (const chunk of body) {
        if (signal.aborted) return;
        const pending = sink.write(chunk);
        if (pending) await pending;
      }
    },
  },
});

function checkLogQuery(info: RequestInfo, query: URLSearchParams): void {
  const causes = [];
  for (const name of ['tailLines', 'sinceSeconds', 'limitBytes']) {
    const value = query.get(name);
    if (!value) continue;
    const least = name === 'tailLines' ? 0 : 1;
    if (!/^-?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (Number(value) >= least) continue;
    const rule = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${rule}`, field: name });
  }
  if (query.get('sinceSeconds') && query.get('sinceTime'))
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      field: '',
    });
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, info.name, causes);
}

async function serveLog(
  options: ConnectOptions,
  info: RequestInfo,
  request: HttpRequest,
  query: URLSearchParams,
) {
  if (info.verb !== 'get') throw methodNotAllowed();
  checkLogQuery(info, query);
  const target = await podTarget(options.client, info, query);
  const headers = { 'content-type': 'text/plain' };
  if (!target) return streamOf(200, headers, (async function* () {})());
  const answer = await send(options, target, request);
  if (answer.status >= 200 && answer.status <= 206) return streamOf(200, headers, answer.body);
  const parts: string[] = [];
  for await (const chunk of answer.body) parts.push(decodeText(chunk));
  const text = parts.join('').trim();
  if (answer.status === 400) throw badRequest(text);
  if (answer.status === 404) throw new StatusError('NotFound', text, { name: info.name, kind: 'pods' });
  throw internalError(text);
}

async function serveProxy(
  options: ConnectOptions,
  info: RequestInfo,
  request: HttpRequest,
): Promise<HttpResponse> {
  const mark = request.url.indexOf('?');
  const search = mark < 0 ? '' : request.url.slice(mark);
  const target = await proxyTarget(options.client, options.random, info, search);
  const answer = await send(options, target, request);
  const headers: HttpResponse['headers'] = {};
  for (const [name, value] of Object.entries(answer.headers)) if (!dropped.has(name)) headers[name] = value;
  return streamOf(answer.status, headers, answer.body);
}

export interface Connect {
  /** Answers by HTTP; `undefined` for what is none of these. */
  serve(
    info: RequestInfo,
    user: User,
    request: HttpRequest,
    query: URLSearchParams,
  ): Promise<HttpResponse> | undefined;
  /** Where an upgraded connection goes on; throws for what cannot be upgraded. */
  resolve(info: RequestInfo, user: User, request: HttpRequest, query: URLSearchParams): Promise<Target>;
}

export function createConnect(options: ConnectOptions): Connect {
  return {
    serve(info, user, request, query) {
      if (isStream(info)) {
        return Promise.reject(
          info.verb === 'get' || info.verb === 'create'
            ? badRequest('Upgrade request required')
            : methodNotAllowed(),
        );
      }
      if (isLog(info))
        return admitConnect(options, info, user).then(() => serveLog(options, info, request, query));
      if (isProxy(info))
        return admitConnect(options, info, user).then(() => serveProxy(options, info, request));
      return undefined;
    },
    async resolve(info, user, request, query) {
      if (isProxy(info)) {
        await admitConnect(options, info, user);
        const mark = request.url.indexOf('?');
        return proxyTarget(options.client, options.random, info, mark < 0 ? '' : request.url.slice(mark));
      }
      if (!isStream(info)) throw badRequest('this path takes no upgrade');
      // A WebSocket comes by GET; what it does is still a "create" (upstream's AuthorizePodWebsocketUpgradeCreatePermission).
      if (isWebSocket(request) && info.verb === 'get')
        await authorize(options.stages.authorizer, {
          user,
          verb: 'create',
          group: info.group,
          version: info.version,
          resource: info.resource,
          subresource: info.subresource,
          namespace: info.namespace,
          name: info.name,
          path: info.path,
          isResource: true,
        });
      await admitConnect(options, info, user);
      const target = await podTarget(options.client, info, query);
      if (!target) throw badRequest(`pod ${info.name} does not have a host assigned`);
      return target;
    },
  };
}
