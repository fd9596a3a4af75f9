// The way out of a node for image pulls. The node's network namespace has none of its own, so containerd is given an HTTP
// proxy on the node's loopback; behind it a helper in the host's namespace makes the connections. The helper is started by
// the first pull and ends when idle, so that a cluster which never pulls does not pay for it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../machinery/logger.ts';

export interface GatewayOptions {
  /** Where the proxy listens inside of the node. */
  host: string;
  port: number;
  /** Unix socket of the helper, in a folder that only this node sees. */
  socket: string;
  /** Descriptor of the host's network namespace, inherited by this process. */
  namespaceFd: number;
  logger: Logger;
}

const helper = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './helper.ts' : './helper.js', import.meta.url),
);
const startMs = 5000;

const attempt = (path: string): Promise<Socket | undefined> =>
  new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });

/** Listens until disposed; a connection that the helper cannot take is closed at once. */
export async function startEgress(options: GatewayOptions): Promise<AsyncDisposable> {
  mkdirSync(options.socket.slice(0, options.socket.lastIndexOf('/')), { recursive: true });
  let child: ChildProcess | undefined;
  let starting: Promise<Socket | undefined> | undefined;

  const start = async (): Promise<Socket | undefined> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) {
      // The descriptor becomes number 3 of nsenter, which enters that network namespace and no other.
      child = spawn('nsenter', ['--net=/proc/self/fd/3', '--', process.execPath, helper, options.socket], {
        stdio: ['ignore', 'inherit', 'inherit', options.namespaceFd],
      });
      child.on('error', error => options.logger.error('the egress helper cannot be started', { error }));
    }
    for (let waited = 0; waited < startMs; waited += 20) {
      const socket = existsSync(options.socket) ? await attempt(options.socket) : undefined;
      if (socket) return socket;
      await new Promise(next => setTimeout(next, 20));
    }
    return undefined;
  };

  const open = async (): Promise<Socket | undefined> => {
    const socket = existsSync(options.socket) ? await attempt(options.socket) : undefined;
    if (socket) return socket;
    starting ??= start().finally(() => {
      starting = undefined;
    });
    (await starting)?.destroy();
    return attempt(options.socket);
  };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, inner => {
    inner.on('error', () => inner.destroy());
    void open().then(outer => {
      if (!outer || inner.destroyed) {
        options.logger.warn('no way out of the node: the egress helper does not answer');
        inner.destroy();
        outer?.destroy();
        return;
      }
      outer.on('error', () => inner.destroy());
      inner.on('close', () => outer.destroy());
      outer.on('close', () => inner.destroy());
      inner.pipe(outer);
      outer.pipe(inner);
      inner.resume();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      await new Promise<void>(resolve => server.close(() => resolve()));
      child?.kill('SIGTERM');
    },
  };
}
