// The API server, composed: stages of policy around the registry, over the store; HTTP is a door to it, a local client another.
import type { Registry } from '../api/registration.ts';
import type { Client } from '../client/client.ts';
import { createInformers } from '../client/informers.ts';
import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { Random } from '../machinery/random.ts';
import type { Store } from '../store/store.ts';
import type { ApiRequest, ApiResult } from './api-request.ts';
import { authorize } from './authorize.ts';
import type { Stages, StagesFactory, User } from './contracts.ts';
import { followDefinitions } from './customresources/definitions.ts';
import { discoveryPaths } from './http/discovery.ts';
import type { HttpRequest, HttpResponse } from './http/exchange.ts';
import { type Connection, fromFetch, toFetch } from './http/fetch.ts';
import { createHandler, createUpgrade, type Upgrade } from './http/handler.ts';
import { openApiPaths } from './http/openapi.ts';
import { createPaths, type PathOptions, type VersionInfo } from './http/paths.ts';
import { selectedName } from './http/request-info.ts';
import { createConnect } from './kubelet-proxy/connect.ts';
import type { Transport } from './kubelet-proxy/transport.ts';
import { createLocalClient } from './local-client.ts';
import { perform } from './perform.ts';
import type { Core } from './registry/core.ts';
import { rewriter } from './registry/rewrite.ts';
import { createTurns } from './registry/turns.ts';
import { startUpkeep } from './upkeep.ts';
import { createCaches } from './watch-cache/caches.ts';

export interface ApiServerOptions {
  store: Store;
  registry: Registry;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  stages: StagesFactory;
  version: VersionInfo;
  /** The exposition format of all metrics, for `/metrics`. */
  metricsText?: PathOptions['metricsText'];
  oidc?: PathOptions['oidc'];
  /** Where clients reach the server, for discovery: `10.0.0.1:6443`. */
  address?: string;
  /** How kubelets, pods and services are reached; without it logs, exec and proxies are refused. */
  transport?: Transport;
}

export interface ApiServer extends AsyncDisposable {
  /** Resolves when what must be there at first is there; rejects if that could not be made. */
  readonly ready: Promise<void>;
  /** A request at the level of objects, authorized like any other. */
  request(request: ApiRequest): Promise<ApiResult>;
  /** A request at the level of HTTP, without a socket. */
  handle(request: HttpRequest): Promise<HttpResponse>;
  /** Where the connection of a request that asks for an upgrade goes on, or the refusal. */
  upgrade(request: HttpRequest): Promise<Upgrade>;
  /** `handle` for who has a WHATWG Request. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /** A client in this process, acting as `user`; its writes are `fieldManager`'s where they do not say otherwise. */
  client(user: User, fieldManager?: string): Client;
}

/** Who the server itself is; never asked for permission. */
const self: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, registry, clock, random, metrics } = options;
  const logger = options.logger.child('apiserver');
  const caches = createCaches({ store, clock, logger });
  let stages: Stages | undefined;
  const core: Core = {
    store,
    registry,
    caches,
    turns: createTurns(),
    clock,
    random,
    logger,
    get stages() {
      if (!stages) throw new Error('the server is being composed');
      return stages;
    },
  };

  const trusted = async (request: ApiRequest): Promise<ApiResult> => {
    // Stages start their informers while they are being composed.
    if (!stages) await undefined;
    return perform(core, request);
  };
  const request = async (request: ApiRequest): Promise<ApiResult> => {
    const { user, verb, registration, subresource = '', namespace = '', query } = request;
    const name = request.name || selectedName(query?.fieldSelector ?? '');
    if (!user.groups.includes('system:masters')) {
      const { group, version, resource } = registration;
      await authorize(core.stages.authorizer, {
        ...{ user, verb, group, version, resource, subresource, name },
        namespace: namespace || (resource === 'namespaces' && !group ? name : ''),
        path: '',
        isResource: true,
      });
    }
    return perform(core, request);
  };
  const endAfter = (seconds: number, end: () => void) => clock.timer(seconds * 1000, end);

  const client = createLocalClient({
    ...{ user: self, registry, endAfter },
    fieldManager: 'kube-apiserver',
    request: trusted,
  });
  const informers = createInformers(client, { clock, random, logger, metrics });
  const context = {
    registry,
    client,
    informers,
    clock,
    random,
    logger,
    metrics,
    rewrite: rewriter(core, self),
  };
  stages = options.stages(context);

  const stop = new AbortController();
  let isReady = false;
  const ready = stages.bootstrap(stop.signal).then(() => {
    isReady = true;
  });
  ready.catch(error => !stop.signal.aborted && logger.error('bootstrap failed', { error }));
  const upkeep = startUpkeep(core);
  const definitions = followDefinitions({ client, informers, registry, clock, logger });

  const paths = createPaths({
    clock,
    version: options.version,
    health: ['ping', 'log', 'etcd'].map(name => ({ name, check: () => '' })),
    ready: () => isReady,
    metricsText: options.metricsText,
    oidc: options.oidc,
    more: [
      discoveryPaths({ registry, clock, address: options.address ?? '' }),
      openApiPaths(registry, options.version.gitVersion),
    ],
  });
  const connect = createConnect({ client, registry, stages, random, transport: options.transport });
  const handle = createHandler({
    ...{ registry, stages, clock, random, logger, metrics, paths },
    perform: trusted,
    connect: connect.serve,
  });

  return {
    ready,
    request,
    handle,
    upgrade: createUpgrade({ stages, connect, logger }),
    async fetch(request, connection = {}) {
      return toFetch(await handle(fromFetch(request, connection)), request.signal);
    },
    client: (user, fieldManager) => createLocalClient({ user, registry, fieldManager, request, endAfter }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      upkeep[Symbol.dispose]();
      await definitions[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      await stages.dispose();
      await caches[Symbol.asyncDispose]();
    },
  };
}
