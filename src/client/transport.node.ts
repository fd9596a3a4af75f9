// How requests reach an API server: HTTP/2 on one connection where the server speaks it, HTTP/1.1 with keep-alive otherwise.
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import type { Clock, Timer } from '../machinery/clock.ts';

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
  headers: http.IncomingHttpHeaders;
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
        headers: answer as http.IncomingHttpHeaders,
        body: stream,
      }),
    );
    stream.on('error', reject);
    stream.once('close', () => {
      signal.removeEventListener('abort', abort);
      reject(signal.aborted ? signal.reason : new Error('the connection to the API server ended'));
    });
    if (body !== undefined) stream.end(body);
  });

/** One connection for all requests and watches; a new one when it ends. */
export function createTransport(options: TransportOptions): Transport {
  if (options.server.protocol !== 'https:') return http1(options);
  let fallback: Transport | undefined;
  let connecting: Promise<http2.ClientHttp2Session | undefined> | undefined;
  let closed = false;

  const connect = async (): Promise<http2.ClientHttp2Session | undefined> => {
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
    const forget = (): void => {
      if (connecting === current) connecting = undefined;
    };
    const current = connecting;
    session.once('close', forget);
    session.once('goaway', forget);
    return session;
  };

  const session = async (): Promise<http2.ClientHttp2Session | undefined> => {
    if (!connecting) {
      const attempt = (connecting = Promise.resolve().then(connect));
      attempt.catch(() => {
        if (connecting === attempt) connecting = undefined;
      });
    }
    const found = await connecting;
    if (!found?.closed && !found?.destroyed) return found;
    connecting = undefined;
    return session();
  };

  return {
    async request(request) {
      if (fallback) return fallback.request(request);
      const found = await session();
      request.signal.throwIfAborted();
      if (closed) throw new Error('the client has been closed');
      if (found) return onStream(found, request);
      fallback ??= http1(options);
      return fallback.request(request);
    },
    close() {
      closed = true;
      fallback?.close();
      connecting?.then(
        found => found?.destroy(),
        () => {},
      );
    },
  };
}
