// A request's way in, in order: request info, authentication, impersonation, authorization, limits, then the resource or path itself.
import type { Registry } from '../../api/registration.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { Metrics } from '../../machinery/metrics.ts';
import { type Random, uuid } from '../../machinery/random.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { noSuchPath, timeout, unauthorized } from '../../machinery/status-errors.ts';
import type { ApiRequest, ApiResult } from '../api-request.ts';
import { authorize } from '../authorize.ts';
import type { Stages, User } from '../contracts.ts';
import type { Connect } from '../kubelet-proxy/connect.ts';
import type { Target } from '../kubelet-proxy/transport.ts';
import { methodNotAllowed, statusOf } from '../refusals.ts';
import { encodeJson } from '../watch-cache/encoding.ts';
import { bytesResponse, type HttpRequest, type HttpResponse, textResponse } from './exchange.ts';
import { impersonated } from './impersonation.ts';
import { createLimits, type Limits } from './limits.ts';
import { asksWatch, type RequestInfo, requestInfo } from './request-info.ts';
import { serveResource } from './resources.ts';

export interface PathRequest {
  request: HttpRequest;
  path: string;
  query: URLSearchParams;
  user: User;
}

/** Answers paths that are no resources; `undefined` for those it does not know. */
export type PathHandler = (
  request: PathRequest,
) => Promise<HttpResponse | undefined> | HttpResponse | undefined;

export interface HandlerOptions {
  registry: Registry;
  stages: Stages;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  perform(request: ApiRequest): Promise<ApiResult>;
  paths: PathHandler;
  /** Logs and proxies; `undefined` for what is none of these. */
  connect: Connect['serve'];
}

const requestTimeout = 60_000;
const encodeHeader = (text: string): string => text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ');

interface Progress {
  warnings: Set<string>;
}

/** Who asks; throws Unauthorized for bad credentials and for none. */
export async function authenticate(stages: Stages, request: HttpRequest): Promise<User> {
  for (const authenticator of stages.authenticators) {
    const user = await authenticator(request.credentials);
    if (user) return user;
  }
  throw unauthorized();
}

export const attributesOf = (user: User, info: RequestInfo) => ({
  user,
  verb: info.verb,
  group: info.group,
  version: info.version,
  resource: info.resource,
  subresource: info.subresource,
  namespace: info.namespace,
  name: info.name,
  path: info.path,
  isResource: info.isResource,
});

const longRunningSubresources = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

const isLongRunning = (info: RequestInfo): boolean =>
  info.verb === 'watch' || (info.isResource && longRunningSubresources.has(info.subresource));

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export function createHandler(options: HandlerOptions): HttpHandler {
  const { stages, clock, logger, registry } = options;
  const limits: Limits = createLimits();
  const requests = options.metrics.counter(
    'apiserver_request_total',
    'Requests by verb, resource and code.',
    ['verb', 'group', 'version', 'resource', 'subresource', 'code'],
  );
  const durations = options.metrics.histogram(
    'apiserver_request_duration_seconds',
    'Seconds from a request to its answer, without watches.',
    ['verb', 'group', 'version', 'resource'],
    [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60],
  );

  const route = async (
    info: RequestInfo,
    request: HttpRequest,
    query: URLSearchParams,
    progress: Progress,
  ): Promise<HttpResponse> => {
    const user = await impersonated(stages.authorizer, await authenticate(stages, request), request);
    await authorize(stages.authorizer, attributesOf(user, info));
    const release = isLongRunning(info) ? () => {} : limits.enter(info.verb, user);
    try {
      if (!info.isResource) {
        const answer = await options.paths({ request, path: info.path, query, user });
        return answer ?? notFoundText();
      }
      const connected = options.connect(info, user, request, query);
      if (connected) return await connected;
      const registration = registry.find(info.group, info.version, info.resource);
      if (!registration) {
        const known = registry
          .all()
          .some(({ group, version }) => group === info.group && version === info.version);
        if (known) throw noSuchPath();
        return notFoundText();
      }
      if (info.verb === '') throw methodNotAllowed();
      const warn = (message: string): void => {
        progress.warnings.add(message);
      };
      return await serveResource(options, user, registration, info, request, query, warn);
    } finally {
      release();
    }
  };

  const bounded = (info: RequestInfo, work: Promise<HttpResponse>): Promise<HttpResponse> => {
    if (isLongRunning(info)) return work;
    return new Promise((resolve, reject) => {
      const timer = clock.timer(requestTimeout, () =>
        reject(timeout('request did not complete within the allotted timeout')),
      );
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  };

  return async request => {
    const started = clock.monotonic();
    const mark = request.url.indexOf('?');
    const path = mark < 0 ? request.url : request.url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1));
    const info = requestInfo(request.method, path, query);
    const progress: Progress = { warnings: new Set() };
    let response: HttpResponse;
    try {
      response = await bounded(info, route(info, request, query, progress));
    } catch (error) {
      response = refusal(error, request, logger);
    }
    const { headers } = response;
    headers['audit-id'] = request.header('audit-id') || uuid(options.random);
    headers['cache-control'] ??= 'no-cache, private';
    if (progress.warnings.size > 0)
      headers.warning = [...progress.warnings].map(text => `299 - "${encodeHeader(text)}"`);
    const { verb, group, version, resource, subresource } = info;
    requests.add(1, { verb, group, version, resource, subresource, code: String(response.status) });
    if (response.body.type === 'bytes' && !asksWatch(query))
      durations.observe((clock.monotonic() - started) / 1000, { verb, group, version, resource });
    return response;
  };
}

const notFoundText = (): HttpResponse => {
  const response = textResponse(404, '404 page not found\n');
  response.headers['x-content-type-options'] = 'nosniff';
  return response;
};

/** Any error as a Status; what is no refusal is a fault of ours and is logged with its cause. */
export function refusal(error: unknown, request: HttpRequest, logger: Logger): HttpResponse {
  if (!(error instanceof StatusError))
    logger.error('request failed', { method: request.method, url: request.url, error });
  const status = statusOf(error);
  const body = status.toStatus();
  const token = (error as { continueToken?: string }).continueToken;
  if (token) body.metadata = { continue: token };
  const seconds = status.details?.retryAfterSeconds;
  return bytesResponse(status.code, 'application/json', encodeJson(body), {
    ...(status.reason === 'Forbidden' || status.reason === 'Unauthorized'
      ? { 'x-content-type-options': 'nosniff' }
      : {}),
    ...(seconds ? { 'retry-after': String(seconds) } : {}),
  });
}

/** What becomes of a request that asks for an upgrade. */
export type Upgrade = { type: 'forward'; target: Target } | { type: 'refused'; response: HttpResponse };

/** Authenticates and authorizes an upgrade and finds where it goes; the bytes are the adapter's business. */
export function createUpgrade(options: {
  stages: Stages;
  connect: Connect;
  logger: Logger;
}): (request: HttpRequest) => Promise<Upgrade> {
  const { stages, connect, logger } = options;
  return async request => {
    try {
      const mark = request.url.indexOf('?');
      const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1));
      const info = requestInfo(request.method, mark < 0 ? request.url : request.url.slice(0, mark), query);
      const user = await impersonated(stages.authorizer, await authenticate(stages, request), request);
      await authorize(stages.authorizer, attributesOf(user, info));
      return { type: 'forward', target: await connect.resolve(info, user, request, query) };
    } catch (error) {
      return { type: 'refused', response: refusal(error, request, logger) };
    }
  };
}
