// How requests reach an API server: HTTP/2 on one connection where the server speaks it, HTTP/1.1 with keep-alive otherwise.
import type { IncomingHttpHeaders } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import type { Clock, Timer } from '../machinery/clock.ts';
import { http } from '../platform/http.ts';
import { streamBody } from './stream-body.node.ts';

export interface TransportRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  signal: AbortSignal;
}

export interface TransportResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Ends all connections, and what is under way on them. */
  close(): void;
}

export interface TransportOptions {
  clock: Clock;
  server: URL;
  tls: tls.ConnectionOptions;
}

const pingEveryMs = 30_000;
const pingPatienceMs = 15_000;
const connectPatienceMs = 10_000;
const windowBytes = 8 << 20;
/** Streams on one connection: above all watches. */
const maxStreams = 400;

const http1 = ({ server, tls: options }: TransportOptions): Transport => {
  const secure = server.protocol === 'https:';
  const agent = secure
    ? new https.Agent({ ...options, keepAlive: true, ALPNProtocols: ['http/1.1'] })
    : new http.Agent({ keepAlive: true });
  const send = secure ? https.request : http.request;
  const attempt = (given: TransportRequest, retry: boolean): Promise<TransportResponse> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body, signal } = given;
      const { hostname, port } = server;
      const host = hostname.replace(/^\[|\]$/g, '');
      const request = send({ agent, host, port, method, path, headers, signal }, response =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response }),
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a connection that was kept alive just as we took it: it has not seen the request.
        const stale = retry && request.reusedSocket && error.code === 'ECONNRESET';
        if (stale) resolve(attempt(given, false));
        else reject(error);
      });
      request.end(body);
    });
  return {
    request: given => attempt(given, true),
    close: () => agent.destroy(),
  };
};

/** A session that notices when the other side is gone without a word. */
function watched(session: http2.ClientHttp2Session, clock: Clock): void {
  let timer: Timer;
  const check = (): void => {
    const patience = clock.timer(pingPatienceMs, () =>
      session.destroy(new Error('the API server is silent')),
    );
    const sent = session.ping(error => {
      patience.cancel();
      if (!error && !session.closed) timer = clock.timer(pingEveryMs, check);
    });
    if (!sent) patience.cancel();
  };
  timer = clock.timer(pingEveryMs, check);
  session.once('close', () => timer.cancel());
  session.on('error', () => {}); // Each stream on it tells its own user.
}

function open(options: TransportOptions): Promise<tls.TLSSocket> {
  const { server, clock } = options;
  return new Promise((resolve, reject) => {
    const host = server.hostname.replace(/^\[|\]$/g, '');
    const socket = tls.connect({
      ...options.tls,
      host,
      port: Number(server.port || 443),
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    const patience = clock.timer(connectPatienceMs, () =>
      socket.destroy(new Error(`no TLS connection to ${server.host} within ${connectPatienceMs / 1000} s`)),
    );
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      patience.cancel();
      resolve(socket);
    });
    socket.once('error', error => {
      patience.cancel();
      reject(error);
    });
  });
}

const onStream = (
  session: http2.ClientHttp2Session,
  { method, path, headers, body, signal }: TransportRequest,
  ended: () => void,
): Promise<TransportResponse> =>
  new Promise((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined },
    );
    const abort = (): void => stream.close(http2.constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', abort, { once: true });
    stream.once('response', answer =>
      resolve({
        status: Number(answer[':status']),
        headers: answer as IncomingHttpHeaders,
        body: streamBody(stream),
      }),
    );
    stream.on('error', reject);
    stream.once('close', () => {
      ended();
      signal.removeEventListener('abort', abort);
      reject(signal.aborted ? signal.reason : new Error('the connection to the API server ended'));
    });
    if (body !== undefined) stream.end(body);
  });

interface Session {
  session: http2.ClientHttp2Session;
  streams: number;
  /** The server takes nothing new on it. */
  draining: boolean;
  /** Ends it if nothing is under way and nothing new will be. */
  rest(): void;
}

/** One connection for all requests and watches, further ones only beyond `maxStreams`; a new one when it ends. */
export function createTransport(options: TransportOptions): Transport {
  if (options.server.protocol !== 'https:') return http1(options);
  let fallback: Transport | undefined;
  let connecting: Promise<Session | undefined> | undefined;
  const sessions = new Set<Session>();
  let closed = false;

  const connect = async (): Promise<Session | undefined> => {
    const socket = await open(options);
    if (socket.alpnProtocol !== 'h2' || closed) {
      socket.destroy();
      return undefined;
    }
    const session = http2.connect(options.server, {
      createConnection: () => socket,
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    session.once('connect', () => session.setLocalWindowSize(2 * windowBytes));
    watched(session, options.clock);
    const entry: Session = { session, streams: 0, draining: false, rest: () => {} };
    sessions.add(entry);
    session.once('close', () => sessions.delete(entry));
    // The session does not always end by itself once the server has said that it goes (a stream that it refuses holds it up).
    entry.rest = () => {
      if (!entry.draining || entry.streams > 0) return;
      session.destroy();
      socket.destroy();
    };
    session.once('goaway', () => {
      entry.draining = true;
      entry.rest();
    });
    return entry;
  };

  const withRoom = (): Session | undefined => {
    for (const entry of sessions) {
      const { session, streams, draining } = entry;
      const limit = Math.min(maxStreams, session.remoteSettings?.maxConcurrentStreams ?? maxStreams);
      if (!draining && streams < limit && !session.closed && !session.destroyed) return entry;
    }
    return undefined;
  };

  /** Undefined when the server speaks HTTP/1.1 only. */
  const session = async (): Promise<Session | undefined> => {
    for (let found = withRoom(); ; found = withRoom()) {
      if (found) return found;
      const attempt = (connecting ??= connect());
      const made = await attempt.finally(() => {
        if (connecting === attempt) connecting = undefined;
      });
      if (!made) return undefined;
    }
  };

  return {
    async request(request) {
      if (fallback) return fallback.request(request);
      const found = await session();
      request.signal.throwIfAborted();
      if (closed) throw new Error('the client has been closed');
      if (found) {
        found.streams++;
        return onStream(found.session, request, () => {
          found.streams--;
          found.rest();
        });
      }
      fallback ??= http1(options);
      return fallback.request(request);
    },
    close() {
      closed = true;
      fallback?.close();
      for (const { session } of sessions) session.destroy();
    },
  };
}
