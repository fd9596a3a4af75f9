// `--publish HOSTPORT:NODEPORT`: connections accepted on a socket of the host's are carried to a node's port.
import { connect, createServer, type Socket } from 'node:net';
import type { Logger } from '../machinery/logger.ts';

export interface PublishOptions {
  /** The inherited listening socket. */
  fd: number;
  nodePort: number;
  /** Node addresses, tried in turn, starting with another one each time. */
  addresses: readonly string[];
  logger: Logger;
}

const connectMs = 1000;

const attempt = (host: string, port: number): Promise<Socket | undefined> =>
  new Promise(resolve => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(), connectMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });

/** Accepts until disposed. A connection that no node takes is reset, as a closed port would do. */
export async function startPublish(options: PublishOptions): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  let turn = 0;
  const reach = async (): Promise<Socket | undefined> => {
    const first = turn++;
    for (let i = 0; i < options.addresses.length; i++) {
      const socket = await attempt(
        options.addresses[(first + i) % options.addresses.length]!,
        options.nodePort,
      );
      if (socket) return socket;
    }
    return undefined;
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, outer => {
    open.add(outer);
    outer.on('error', () => outer.destroy());
    outer.on('close', () => open.delete(outer));
    void reach().then(inner => {
      if (!inner || outer.destroyed) {
        inner?.destroy();
        outer.resetAndDestroy();
        return;
      }
      inner.setNoDelay(true);
      inner.on('error', () => outer.resetAndDestroy());
      inner.on('close', () => outer.destroy());
      outer.on('close', () => inner.destroy());
      inner.pipe(outer);
      outer.pipe(inner);
      outer.resume();
    });
  });
  server.on('error', error =>
    options.logger.error('a published port ended', { error, nodePort: options.nodePort }),
  );
  await new Promise<void>(resolve => server.listen({ fd: options.fd }, resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
