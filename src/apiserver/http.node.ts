// The server's sockets: TLS with HTTP/2 and HTTP/1.1 on addresses and on inherited descriptors, client certificates, upgrades.

import type { IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Logger } from '../machinery/logger.ts';
import { tooLarge } from '../machinery/status-errors.ts';
import { http } from '../platform/http.ts';
import type { Credentials } from './contracts.ts';
import type { HttpRequest, HttpResponse } from './http/exchange.ts';
import type { NodeTransport } from './kubelet-proxy/transport.node.ts';
import type { ApiServer } from './server.ts';

/** An address with its port (0: any free one), or a listening socket that was inherited. */
export type ListenOn = { host: string; port: number } | { fd: number };

export interface HttpServerOptions {
  server: Pick<ApiServer, 'handle' | 'upgrade'>;
  /** PEM: the serving certificate with its chain, its key, and the CA of client certificates. */
  certificate: string;
  key: string;
  clientCa: string;
  listen: readonly ListenOn[];
  /** Carries upgrades on; without it they are refused. */
  transport?: NodeTransport;
  logger: Logger;
}

export interface HttpServer extends AsyncDisposable {
  /** Ports that it listens on, in the order of `listen`. */
  readonly ports: readonly number[];
}

type Incoming = IncomingMessage | http2.Http2ServerRequest;
type Outgoing = http2.Http2ServerResponse;

const compress = promisify(gzip);
/** Upstream's defaultGzipThresholdBytes and level. */
const gzipThreshold = 128 * 1024;
const gzipOptions = { level: constants.Z_BEST_SPEED };

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const known = new WeakMap<object, NonNullable<Credentials['certificate']> | 'none'>();

/** The verified client certificate of a connection; read once. */
function certificateOf(socket: TLSSocket): Credentials['certificate'] {
  let found = known.get(socket);
  if (!found) {
    found = 'none';
    if (socket.authorized) {
      const { subject } = socket.getPeerCertificate();
      if (subject?.CN) found = { commonName: String(subject.CN), organizations: list(subject.O) };
    }
    known.set(socket, found);
  }
  return found === 'none' ? undefined : found;
}

const socketOf = (request: Incoming): TLSSocket =>
  (request instanceof http2.Http2ServerRequest
    ? request.stream.session?.socket
    : request.socket) as TLSSocket;

/** The socket itself rather than the proxy that an HTTP/2 session shows, so that it can be a key. */
const rawSocket = (session: http2.Http2Session | undefined, socket: TLSSocket): object => session ?? socket;

function credentialsOf(request: Incoming): Credentials {
  const { authorization } = request.headers;
  const socket = socketOf(request);
  const session = request instanceof http2.Http2ServerRequest ? request.stream.session : undefined;
  const key = rawSocket(session, socket);
  let certificate: Credentials['certificate'];
  const cached = known.get(key);
  if (cached) certificate = cached === 'none' ? undefined : cached;
  else if (socket) {
    certificate = certificateOf(socket);
    known.set(key, certificate ?? 'none');
  }
  return { ...(authorization ? { authorization } : {}), ...(certificate ? { certificate } : {}) };
}

async function bodyOf(request: Incoming, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Uint8Array).length;
    if (size > limit) throw tooLarge(`limit is ${limit}`);
    chunks.push(chunk as Uint8Array);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

function exchangeOf(request: Incoming, signal: AbortSignal): HttpRequest {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: limit => bodyOf(request, limit),
    credentials: credentialsOf(request),
    remoteAddress: request.socket.remoteAddress,
    signal,
  };
}

async function send(
  request: Incoming,
  response: Outgoing,
  answer: HttpResponse,
  gone: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  if (body.type === 'bytes') {
    let { bytes } = body;
    const wanted = String(request.headers['accept-encoding'] ?? '').includes('gzip');
    const worth = bytes.length > gzipThreshold && wanted;
    if (worth) bytes = await compress(bytes, gzipOptions);
    if (gone.aborted) return;
    response.writeHead(status, {
      ...headers,
      ...(worth ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
      'content-length': bytes.length,
    });
    if (request.method === 'HEAD') response.end();
    else response.end(bytes);
    return;
  }
  response.writeHead(status, headers);
  // Headers leave before there is anything to say: clients wait for them.
  if ('flushHeaders' in response) (response.flushHeaders as () => void).call(response);
  await body.run(
    {
      write(chunk) {
        if (gone.aborted || response.write(chunk)) return;
        return new Promise(resolve => {
          const go = (): void => {
            response.off('drain', go);
            gone.removeEventListener('abort', go);
            resolve();
          };
          response.on('drain', go);
          gone.addEventListener('abort', go, { once: true });
        });
      },
    },
    gone,
  );
  response.end();
}

/** Takes over a connection after the request that asked for it: the same request to `target`, then bytes both ways. */
function carry(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  upstream: net.Socket,
  path: string,
): void {
  const lines = [`${request.method} ${path} HTTP/1.1`, 'Host: kubelet'];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    if (!/^(host|authorization)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  // Who ends well is heard out: what is still on its way to the other side gets there first.
  const join = (side: Duplex, other: Duplex): void => {
    side.on('error', () => other.destroy());
    side.on('close', () => {
      if (other instanceof net.Socket) other.destroySoon();
      else other.end();
    });
  };
  join(client, upstream);
  join(upstream, client);
  client.pipe(upstream);
  upstream.pipe(client);
}

function refuseUpgrade(client: Duplex, { status, headers, body }: HttpResponse): void {
  const bytes = body.type === 'bytes' ? body.bytes : new Uint8Array(0);
  const lines = Object.entries(headers).flatMap(([name, value]) => list(value).map(one => `${name}: ${one}`));
  const start = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`;
  client.end(Buffer.concat([Buffer.from(start), bytes]));
}

/** Starts to listen; rejects where a port is taken. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { server, logger, transport } = options;
  const secure = http2.createSecureServer({
    allowHTTP1: true,
    cert: options.certificate,
    key: options.key,
    ca: options.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    // Node's own limit (10 MB) would end sessions that read a few large lists at once.
    maxSessionMemory: 1024,
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 },
  });
  const sockets = new Set<net.Socket>();
  const sessions = new Set<http2.Http2Session>();

  secure.on('session', session => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  secure.on('sessionError', () => {});
  secure.on('tlsClientError', error => logger.debug('TLS handshake failed', { error: error.message }));

  secure.on('request', (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.on('error', () => gone.abort());
    request.on('error', () => gone.abort());
    server
      .handle(exchangeOf(request, gone.signal))
      .then(answer => (gone.signal.aborted ? undefined : send(request, response, answer, gone.signal)))
      .catch(error => {
        if (!gone.signal.aborted) logger.error('answer could not be sent', { url: request.url, error });
        response.stream?.destroy?.();
        if (!(request instanceof http2.Http2ServerRequest)) (request as IncomingMessage).destroy();
      });
  });

  secure.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const gone = new AbortController();
    const closed = (): void => gone.abort();
    client.on('error', closed);
    client.on('close', closed);
    const work = async (): Promise<void> => {
      const upgrade = await server.upgrade(exchangeOf(request, gone.signal));
      if (upgrade.type === 'refused') return refuseUpgrade(client, upgrade.response);
      if (!transport) throw new Error('no transport for upgrades');
      const upstream = await transport.open(upgrade.target, gone.signal);
      carry(request, client, head, upstream, upgrade.target.path);
    };
    work().catch(error => {
      logger.warn('upgrade failed', { url: request.url, error });
      const text = `error dialing backend: ${error instanceof Error ? error.message : 'unknown error'}`;
      refuseUpgrade(client, {
        status: 500,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: { type: 'bytes', bytes: new TextEncoder().encode(text) },
      });
    });
  });

  const accept = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    secure.emit('connection', socket);
  };
  const doors: net.Server[] = [];
  const close = async (): Promise<void> => {
    const closing = doors.map(door => new Promise<void>(resolve => door.close(() => resolve())));
    for (const session of sessions) session.destroy();
    for (const socket of sockets) socket.destroy();
    await Promise.all(closing);
  };
  try {
    for (const where of options.listen) {
      const door = net.createServer(accept);
      doors.push(door);
      await new Promise<void>((resolve, reject) => {
        door.once('error', reject);
        door.listen(where, () => {
          door.off('error', reject);
          resolve();
        });
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports: doors.map(door => (door.address() as net.AddressInfo | null)?.port ?? 0),
    [Symbol.asyncDispose]: close,
  };
}
