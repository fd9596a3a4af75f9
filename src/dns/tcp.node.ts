import { once } from 'node:events';
import { createServer, isIPv6, type Socket } from 'node:net';
import { FrameReader, frame } from './frames.ts';
import type { Handler } from './server.ts';

const idleMs = 10_000;
const mostConnections = 1000;
/** Queries of one connection that wait for an answer; more are not read until one has it. */
const mostPending = 100;

function serve(socket: Socket, handler: Handler, ipv6: boolean): void {
  const reader = new FrameReader();
  const transport = { protocol: 'tcp', ipv6 } as const;
  let pending = 0;
  const settle = (): void => {
    pending--;
    if (pending < mostPending && socket.isPaused()) socket.resume();
  };
  const answer = async (message: Uint8Array): Promise<void> => {
    pending++;
    try {
      const reply = await handler(message, transport);
      if (reply && !socket.destroyed) socket.write(frame(reply));
    } finally {
      settle();
    }
  };
  socket.setNoDelay(true);
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', chunk => {
    for (const message of reader.push(chunk)) answer(message).catch(() => socket.destroy());
    if (pending >= mostPending) socket.pause();
  });
}

/** Answers queries over TCP at `address`; `port` 0 takes a free one. Rejects where it cannot bind. */
export async function listenTcp(
  address: string,
  port: number,
  handler: Handler,
): Promise<AsyncDisposable & { port: number }> {
  const ipv6 = isIPv6(address);
  const open = new Set<Socket>();
  const server = createServer(socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serve(socket, handler, ipv6);
  });
  server.maxConnections = mostConnections;
  server.listen({ host: address, port, ipv6Only: ipv6 });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`cannot answer DNS on ${address} TCP port ${port}`, { cause: error });
  }
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
