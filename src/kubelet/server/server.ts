import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { StatusError } from '../../machinery/status-error.ts';
import type { KubeletServerOptions } from '../options.ts';
import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';
import { ServerAuthorizer } from './authorize.ts';
import { serveContainerLogs } from './container-logs.ts';
import { resourceMetrics, statsSummary } from './stats.ts';

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

const defaultPort = 10250;

interface Exchange {
  core: Core;
  workers: Pods;
  /** Of the path, after the first. */
  parts: string[];
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}

const text = (response: ServerResponse, body: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(200, { 'content-type': type });
  response.end(body);
};
const json = (response: ServerResponse, body: unknown): void =>
  text(response, JSON.stringify(body), 'application/json');

const podList = (items: unknown[]): object => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });

/** Pages by the first part of their path (upstream: pkg/kubelet/server/server.go). */
const pages: Record<string, (exchange: Exchange) => void | Promise<void>> = {
  healthz: ({ response }) => text(response, 'ok'),
  containerLogs: ({ core, workers, parts, query, request, response }) =>
    serveContainerLogs(core, workers, parts, query, request, response),
  pods: ({ workers, response }) => json(response, podList(Array.from(workers.all(), ({ pod }) => pod))),
  runningpods: ({ workers, response }) => {
    const running = Array.from(workers.all()).filter(({ state }) =>
      state.containers.some(container => container.state === 'running'),
    );
    json(
      response,
      podList(
        running.map(({ pod, state }) => ({
          metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
          spec: {
            containers: state.containers
              .filter(container => container.state === 'running')
              .map(({ name, imageRef }) => ({ name, image: imageRef, resources: {} })),
          },
          status: {},
        })),
      ),
    );
  },
  stats: async ({ core, response }) => json(response, await statsSummary(core)),
  metrics: async ({ core, parts, response }) => {
    const metricsText = (core.context.metrics as { text?(): Promise<string> }).text;
    const body =
      parts[0] === 'resource' || parts[0] === 'cadvisor'
        ? await resourceMetrics(core)
        : ((await metricsText?.()) ?? '');
    text(response, body, 'text/plain; version=0.0.4; charset=utf-8');
  },
};

const codeOf = (error: unknown): number => (error instanceof StatusError ? error.code : 500);

/** Answers the API server and whoever may ask a kubelet, over TLS. Resolves when it listens. */
export async function startServer(
  core: Core,
  workers: Pods,
  options: KubeletServerOptions,
): Promise<KubeletServer> {
  const { logger } = core.context;
  const authorizer = new ServerAuthorizer(core.context, core.options.nodeName);

  /** Throws a StatusError unless the caller may. */
  const admit = async (request: IncomingMessage, path: string): Promise<void> => {
    const caller = await authorizer.caller(request);
    if (!caller) throw new StatusError('Unauthorized', 'Unauthorized');
    const method = request.method ?? 'GET';
    if (await authorizer.mayDo(caller, method, path)) return;
    throw new StatusError(
      'Forbidden',
      `Forbidden (user=${caller.name}, verb=${method.toLowerCase()}, resource=nodes, subresource=proxy)`,
    );
  };
  const parse = (request: IncomingMessage): { url: URL; parts: string[] } => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    return { url, parts: url.pathname.split('/').filter(Boolean).map(decodeURIComponent) };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const { url, parts } = parse(request);
      await admit(request, url.pathname);
      const [first = '', ...rest] = parts;
      const page = Object.hasOwn(pages, first) ? pages[first] : undefined;
      if (!page) throw new StatusError('NotFound', '404 page not found');
      await page({ core, workers, parts: rest, query: url.searchParams, request, response });
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      if (codeOf(error) >= 500) logger.warn('request to the kubelet failed', { path: request.url, error });
      response.writeHead(codeOf(error), { 'content-type': 'text/plain; charset=utf-8' });
      response.end(error instanceof Error ? error.message : String(error));
    }
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on('error', () => socket.destroy());
    try {
      const { url, parts } = parse(request);
      await admit(request, url.pathname);
      const { sessions, serveWebSocket, passThrough } = await import('./upgrade.ts');
      const [first = '', ...rest] = parts;
      const open = Object.hasOwn(sessions, first) ? sessions[first] : undefined;
      if (!open) throw new StatusError('NotFound', '404 page not found');
      const session = await open(core, workers, rest, url.searchParams);
      if (request.headers.upgrade?.toLowerCase() === 'websocket')
        serveWebSocket(session, request, socket, head);
      else await passThrough(session, request, socket, head);
    } catch (error) {
      const message = Buffer.from(error instanceof Error ? error.message : String(error));
      socket.write(
        `HTTP/1.1 ${codeOf(error)} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${message.length}\r\nConnection: close\r\n\r\n`,
      );
      socket.end(message);
    }
  };

  const server = createServer(
    {
      cert: options.cert,
      key: options.key,
      ca: options.clientCa,
      requestCert: true,
      // Who has no certificate may have a token.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    },
    (request, response) => void serve(request, response),
  );
  const open = new Set<Duplex>();
  server.on('secureConnection', socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Peers that go away in the middle are no news.
    socket.on('error', () => socket.destroy());
  });
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
  // Logs may be followed for days.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? defaultPort, options.address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
