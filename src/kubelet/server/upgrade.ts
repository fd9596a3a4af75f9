import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { badRequest, notFound } from '../../machinery/status-errors.ts';
import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';
import type { PodWorker } from '../pods/worker.ts';
import { findContainer } from '../spec.ts';
import { dial } from '../streaming/backend.ts';
import {
  portChannelProtocols,
  servePortChannels,
  serveTunnel,
  tunnelProtocol,
} from '../streaming/port-forward.ts';
import { remoteCommandProtocols, type Streams, serveRemoteCommand } from '../streaming/remote-command.ts';

const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== '' && value !== '0' && value !== 'false';
};

const streamsOf = (query: URLSearchParams): Streams => ({
  stdin: flag(query, 'input') || flag(query, 'stdin'),
  stdout: flag(query, 'output') || flag(query, 'stdout'),
  stderr: flag(query, 'error') || flag(query, 'stderr'),
  tty: flag(query, 'tty'),
});

function workerOf(workers: Pods, namespace: string, name: string): PodWorker {
  const worker = workers.find(namespace, name);
  if (!worker) throw notFound({ group: '', resource: 'pods' }, name);
  return worker;
}

function runningContainer(worker: PodWorker, name: string): string {
  if (!findContainer(worker.pod, name))
    throw notFound({ group: '', resource: 'pods' }, worker.pod.metadata.name);
  const run = worker.state.containers.find(status => status.name === name && status.state === 'running');
  if (!run) throw badRequest(`container not found ("${name}")`);
  return run.id;
}

/** A streaming request that was understood: where its other end is, and how to serve it to a WebSocket. */
export interface Session {
  url: string;
  protocols: string[];
  /** `protocol` is the one of `protocols` that was chosen. */
  serve(webSocket: WebSocket, protocol: string): Promise<void>;
}

type Opener = (core: Core, workers: Pods, parts: string[], query: URLSearchParams) => Promise<Session>;

/** Streaming paths by their first part. Throw StatusErrors. */
export const sessions: Record<string, Opener> = {
  async exec(core, workers, [namespace = '', name = '', ...rest], query) {
    const container = rest.at(-1) ?? '';
    const streams = streamsOf(query);
    const command = query.getAll('command');
    if (!streams.stdin && !streams.stdout && !streams.stderr)
      throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
    const id = runningContainer(workerOf(workers, namespace, name), container);
    const { url } = await core.options.runtime.exec(id, command, {
      ...streams,
      stderr: streams.stderr && !streams.tty,
    });
    return {
      url,
      protocols: remoteCommandProtocols,
      serve: (socket, protocol) => serveRemoteCommand(socket, protocol, url, streams),
    };
  },
  async attach(core, workers, [namespace = '', name = '', ...rest], query) {
    const container = rest.at(-1) ?? '';
    const worker = workerOf(workers, namespace, name);
    const spec = findContainer(worker.pod, container);
    const streams = streamsOf(query);
    if (!streams.stdin && !streams.stdout && !streams.stderr)
      throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
    const id = runningContainer(worker, container);
    // The container's own terminal decides, as upstream has it.
    const tty = spec?.tty ?? false;
    const { url } = await core.options.runtime.attach(id, {
      ...streams,
      tty,
      stderr: streams.stderr && !tty,
    });
    return {
      url,
      protocols: remoteCommandProtocols,
      serve: (socket, protocol) => serveRemoteCommand(socket, protocol, url, { ...streams, tty }),
    };
  },
  async portForward(core, workers, [namespace = '', name = ''], query) {
    const worker = workerOf(workers, namespace, name);
    const sandbox = worker.state.sandboxes.find(({ state }) => state === 'ready');
    if (!sandbox) throw badRequest(`sandbox for pod ${name} not found`);
    const ports = query.getAll('port').flatMap(text => text.split(',').map(Number));
    const { url } = await core.options.runtime.portForward(sandbox.id, ports);
    return {
      url,
      protocols: [tunnelProtocol, ...portChannelProtocols],
      serve: (socket, protocol) =>
        protocol === tunnelProtocol
          ? serveTunnel(socket, url)
          : servePortChannels(socket, protocol, url, ports),
    };
  },
};

// The library refuses protocols with a slash, as one of ours has: it is not told of them, and the answer's header is added for it.
const chosenProtocols = new WeakMap<IncomingMessage, string>();
const acceptor = new WebSocketServer({ noServer: true });
acceptor.on('headers', (headers, request) => {
  headers.push(`Sec-WebSocket-Protocol: ${chosenProtocols.get(request)}`);
});

/** Finishes the WebSocket handshake and serves the session. */
export function serveWebSocket(
  session: Session,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(text => text.trim());
  const chosen = session.protocols.find(protocol => offered.includes(protocol));
  if (!chosen) {
    const text = `unable to upgrade: none of the requested protocols ${JSON.stringify(offered)} is supported`;
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    );
    return;
  }
  chosenProtocols.set(request, chosen);
  delete request.headers['sec-websocket-protocol'];
  acceptor.handleUpgrade(request, socket, head, webSocket => {
    // Nothing is read before the other end is there.
    webSocket.pause();
    webSocket.on('error', () => webSocket.terminate());
    session.serve(webSocket, chosen).catch((error: Error) => {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.close(1011, error.message.slice(0, 120));
    });
  });
}

/** Passes a SPDY client's connection through to the runtime's server as it is. */
export async function passThrough(
  session: Session,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = new URL(session.url);
  const backend = await dial(url);
  const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    if (!/^(host|authorization)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  backend.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) backend.write(head);
  const close = (): void => {
    backend.destroy();
    socket.destroy();
  };
  backend.on('error', close).on('close', close);
  socket.on('error', close).on('close', close);
  socket.pipe(backend);
  backend.pipe(socket);
}
