import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { http } from '../../platform/http.ts';

export interface ProxyOptions {
  connect(host: string, port: number): Socket;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Headers that belong to one hop. */
const hopHeaders = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
]);

const endToEnd = (headers: IncomingMessage['headers']): IncomingMessage['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.has(name)));

/**
 * An HTTP proxy: CONNECT for TLS, absolute URLs for plain HTTP. A request with a path only is containerd's, which asks a mirror
 * with `?ns=REGISTRY`: answered for registries on the host's own loopback (no proxy setting reaches those), 404 for others,
 * upon which containerd asks the registry itself.
 */
export function createProxy(options: ProxyOptions): Server {
  const server = http.createServer((incoming, response) => {
    const target = targetOf(incoming);
    if (!target) {
      response.writeHead(404).end();
      return;
    }
    forward(incoming, response, target, options);
  });
  server.on('connect', (incoming: IncomingMessage, inner: Duplex, head: Buffer) => {
    const at = /^(.+):(\d+)$/.exec(incoming.url ?? '');
    if (!at) {
      inner.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return;
    }
    const outer = options.connect(at[1]!.replace(/^\[|\]$/g, ''), Number(at[2]));
    outer.once('connect', () => {
      inner.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) outer.write(head);
      outer.pipe(inner);
      inner.pipe(outer);
    });
    outer.on('error', error => inner.end(`HTTP/1.1 502 Bad Gateway\r\n\r\n${error.message}`));
    inner.on('error', () => outer.destroy());
    inner.on('close', () => outer.destroy());
  });
  return server;
}

function targetOf(incoming: IncomingMessage): URL | undefined {
  const url = incoming.url ?? '/';
  if (url.startsWith('http://')) return new URL(url);
  const mirrored = new URL(url, 'http://mirror');
  const registry = mirrored.searchParams.get('ns') ?? '';
  if (!loopback.test(registry)) return undefined;
  mirrored.searchParams.delete('ns');
  return new URL(mirrored.pathname + mirrored.search, `http://${registry}`);
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  target: URL,
  options: ProxyOptions,
): void {
  const outgoing = http.request(
    {
      method: incoming.method,
      path: target.pathname + target.search,
      headers: { ...endToEnd(incoming.headers), host: target.host },
      createConnection: () => options.connect(target.hostname, Number(target.port || 80)),
    },
    answer => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    },
  );
  outgoing.on('error', error => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(error.message);
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
