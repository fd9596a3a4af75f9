import type { WebSocket } from 'ws';
import { upgradeToSpdy } from './backend.ts';
import { type SpdyConnection, spdyClient } from './spdy/connection.ts';

const spdyProtocol = 'portforward.k8s.io';
/** SPDY inside of WebSocket messages, as kubectl 1.30 and later speak it (KEP-4006). */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
/** Two channels a port, as libraries for WebSockets alone speak it. */
export const portChannelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

/** Passes SPDY through: the client speaks it with the runtime's server itself. Resolves when either side has closed. */
export async function serveTunnel(webSocket: WebSocket, url: string): Promise<void> {
  const { socket, rest } = await upgradeToSpdy(url, [spdyProtocol]);
  const send = (chunk: Buffer): void => {
    socket.pause();
    webSocket.send(chunk, { binary: true }, () => socket.resume());
  };
  const ended = new Promise<void>(resolve => {
    socket.on('close', () => {
      webSocket.close(1000);
      resolve();
    });
    webSocket.on('close', () => {
      socket.destroy();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  webSocket.on('message', (data: Buffer) => {
    if (socket.write(data)) return;
    webSocket.pause();
    socket.once('drain', () => webSocket.resume());
  });
  if (rest.length > 0) send(rest);
  socket.on('data', send);
  socket.resume();
  webSocket.resume();
  await ended;
}

async function openPort(
  spdy: SpdyConnection,
  port: number,
  requestId: number,
  send: (kind: 'data' | 'error', bytes: Uint8Array) => void,
): Promise<(bytes: Uint8Array) => void> {
  const headers = { port: String(port), requestid: String(requestId) };
  const error = await spdy.open({ ...headers, streamtype: 'error' });
  error.onData = bytes => send('error', bytes);
  error.end();
  const data = await spdy.open({ ...headers, streamtype: 'data' });
  data.onData = bytes => send('data', bytes);
  return bytes => void data.write(bytes);
}

/** One connection to each of the ports, on two channels each: data, and errors. Each channel begins with its port, little endian. */
export async function servePortChannels(
  webSocket: WebSocket,
  protocol: string,
  url: string,
  ports: number[],
): Promise<void> {
  const { socket, rest } = await upgradeToSpdy(url, [spdyProtocol]);
  const spdy = spdyClient(socket, rest);
  const base64 = protocol.includes('base64');
  const send = (channel: number, bytes: Uint8Array): void => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (base64) webSocket.send(`${channel}${Buffer.from(bytes).toString('base64')}`);
    else webSocket.send(Buffer.concat([Buffer.from([channel]), bytes]), { binary: true });
  };
  const writers: ((bytes: Uint8Array) => void)[] = [];
  for (const [i, port] of ports.entries()) {
    const announced = Buffer.alloc(2);
    announced.writeUInt16LE(port);
    send(2 * i, announced);
    send(2 * i + 1, announced);
    writers.push(
      await openPort(spdy, port, i, (kind, bytes) => send(2 * i + (kind === 'error' ? 1 : 0), bytes)),
    );
  }
  webSocket.on('message', (message: Buffer) => {
    if (message.length === 0) return;
    const channel = base64 ? message[0]! - 0x30 : message[0]!;
    const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
    if (channel % 2 === 0) writers[channel / 2]?.(data);
  });
  webSocket.on('close', () => spdy.close());
  webSocket.resume();
  await spdy.closed;
  webSocket.close(1000);
}
