import type { WebSocket } from 'ws';
import { upgradeToSpdy } from './backend.ts';
import { type SpdyStream, spdyClient } from './spdy/connection.ts';

/** Protocols of exec and attach over WebSocket that are served, the best first. */
export const remoteCommandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface Streams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

// Above this much not yet sent to a slow client, the container's output waits.
const highWaterBytes = 1024 * 1024;

/**
 * Serves exec or attach on a WebSocket by a runtime's SPDY server: each message of a channel becomes data of a stream, and the other
 * way round (KEP-4006). With v5 a client can end its stdin. Resolves when the session is over; throws UpgradeError before it began.
 */
export async function serveRemoteCommand(
  webSocket: WebSocket,
  protocol: string,
  url: string,
  wanted: Streams,
): Promise<void> {
  const { socket, rest } = await upgradeToSpdy(url, ['v4.channel.k8s.io']);
  const spdy = spdyClient(socket, rest);
  const base64 = protocol.includes('base64');

  const send = (channel: number, data: Uint8Array): void => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    const message = base64
      ? `${channel}${Buffer.from(data).toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), data]);
    webSocket.send(message, { binary: !base64 }, () => {
      if (webSocket.bufferedAmount < highWaterBytes) socket.resume();
    });
    if (webSocket.bufferedAmount >= highWaterBytes) socket.pause();
  };
  const open = async (streamType: string): Promise<SpdyStream> => {
    const stream = await spdy.open({ streamtype: streamType });
    const channel = channels[streamType as keyof typeof channels];
    stream.onData = data => send(channel, data);
    return stream;
  };

  // The server starts when it has all of them, in whatever order.
  const error = await open('error');
  const errorEnded = new Promise<void>(resolve => {
    error.onEnd = resolve;
  });
  const inputs = new Map<number, SpdyStream>();
  const outputs: Promise<void>[] = [];
  if (wanted.stdin) inputs.set(channels.stdin, await open('stdin'));
  for (const name of ['stdout', 'stderr'] as const) {
    if (!wanted[name] || (name === 'stderr' && wanted.tty)) continue;
    const stream = await open(name);
    outputs.push(
      new Promise(resolve => {
        stream.onEnd = resolve;
      }),
    );
  }
  if (wanted.tty) inputs.set(channels.resize, await open('resize'));

  const receive = (message: Buffer): void => {
    if (message.length === 0) return;
    const channel = base64 ? message[0]! - 0x30 : message[0]!;
    if (channel === channels.close) {
      inputs.get(message[1] ?? -1)?.end();
      return;
    }
    const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
    const stream = inputs.get(channel);
    if (!stream || data.length === 0) return;
    if (stream.write(data)) return;
    webSocket.pause();
    void spdy.drained().then(() => webSocket.resume());
  };
  webSocket.on('message', (data: Buffer) => receive(data));
  webSocket.on('close', () => spdy.close());
  webSocket.resume();

  // The status on the error stream is the last word, but output may still be on its way.
  await Promise.race([Promise.all([errorEnded, ...outputs]), spdy.closed]);
  webSocket.close(1000);
  spdy.close();
}
