import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Handler } from './server.ts';

/** Addresses are never names: no need to ask anyone for them. */
const noLookup = (
  host: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, host, isIPv6(host) ? 6 : 4);

export const openUdp = (ipv6: boolean): Socket =>
  createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    lookup: noLookup as never,
    ...(ipv6 ? { ipv6Only: true } : {}),
  });

/** Answers queries that come to `address`; `port` 0 takes a free one. Rejects where it cannot bind. */
export async function listenUdp(
  address: string,
  port: number,
  handler: Handler,
  onError: (error: Error) => void,
): Promise<AsyncDisposable & { port: number }> {
  const ipv6 = isIPv6(address);
  const socket = openUdp(ipv6);
  const transport = { protocol: 'udp', ipv6 } as const;
  socket.on('message', (message, { address: peer, port: peerPort }) => {
    const send = (reply: Uint8Array | undefined): void => {
      if (reply) socket.send(reply, peerPort, peer);
    };
    const reply = handler(message, transport);
    if (reply instanceof Promise) reply.then(send).catch(onError);
    else send(reply);
  });
  // Without a lookup the socket listens before `bind` returns.
  const listening = once(socket, 'listening');
  socket.bind({ port, address });
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw new Error(`cannot answer DNS on ${address} UDP port ${port}`, { cause: error });
  }
  // Sends that fail (a client that is gone) are reported here, and concern nobody else.
  socket.on('error', onError);
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>(resolve => socket.close(() => resolve()));
    },
  };
}
