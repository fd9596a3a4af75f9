import type { Duplex } from 'node:stream';
import { controlFrame, dataFrames, type Frame, FrameReader, flagFin, frameTypes } from './frames.ts';
import { HeaderCodec, type Headers } from './headers.ts';

/** One of a connection's streams. */
export interface SpdyStream {
  readonly id: number;
  /** False when the other side should be given a rest: wait for `drained`. */
  write(data: Uint8Array): boolean;
  /** No more data from this side. */
  end(): void;
  /** Ends both directions at once. */
  reset(): void;
  onData: (data: Buffer) => void;
  /** The other side has no more data, or the stream or the connection is gone. */
  onEnd: () => void;
}

export interface SpdyConnection {
  open(headers: Headers): Promise<SpdyStream>;
  drained(): Promise<void>;
  close(): void;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
}

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
};

interface Live extends SpdyStream {
  ended: boolean;
}

/**
 * The client's side of SPDY/3.1 over a socket that is past its upgrade. Flow control by windows is not kept, as the servers that
 * Kubernetes has keep none; the socket's own is.
 */
export function spdyClient(socket: Duplex, head: Uint8Array): SpdyConnection {
  const codec = new HeaderCodec();
  const reader = new FrameReader();
  const streams = new Map<number, Live>();
  let nextId = 1;
  // Headers are compressed in the order in which they are sent, and taken apart in the order in which they come.
  let sending: Promise<unknown> = Promise.resolve();
  let receiving: Promise<void> = Promise.resolve();
  const { promise: closed, resolve: markClosed } = Promise.withResolvers<void>();

  const endStream = (stream: Live | undefined): void => {
    if (!stream || stream.ended) return;
    stream.ended = true;
    stream.onEnd();
  };
  const finish = (): void => {
    for (const stream of streams.values()) endStream(stream);
    streams.clear();
    codec.close();
    markClosed();
  };

  const onControl = async (frame: Frame & { kind: 'control' }): Promise<void> => {
    const { type, flags, body } = frame;
    if (type === frameTypes.synReply || type === frameTypes.headers) {
      await codec.decompress(body.subarray(4));
      if (flags & flagFin) endStream(streams.get(body.readUInt32BE(0)));
    } else if (type === frameTypes.synStream) {
      await codec.decompress(body.subarray(10));
      // Servers of containers open no streams: refused.
      socket.write(controlFrame(frameTypes.rstStream, 0, uint32(body.readUInt32BE(0), 3)));
    } else if (type === frameTypes.rstStream) endStream(streams.get(body.readUInt32BE(0)));
    else if (type === frameTypes.ping && body.readUInt32BE(0) % 2 === 0)
      socket.write(controlFrame(frameTypes.ping, 0, body));
    else if (type === frameTypes.goAway) socket.end();
  };

  const onFrame = (frame: Frame): Promise<void> | undefined => {
    if (frame.kind === 'control') return onControl(frame);
    const stream = streams.get(frame.streamId);
    if (frame.data.length > 0 && stream && !stream.ended) stream.onData(frame.data);
    if (frame.fin) endStream(stream);
    return undefined;
  };
  const receive = (chunk: Uint8Array): void => {
    const frames = reader.push(chunk);
    receiving = receiving.then(async () => {
      for (const frame of frames) {
        const work = onFrame(frame);
        if (work) await work;
      }
    });
    receiving.catch(() => socket.destroy());
  };
  socket.on('data', receive);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => void receiving.catch(() => {}).then(finish));
  if (head.length > 0) receive(head);
  socket.resume();

  return {
    closed,
    async open(headers) {
      const id = nextId;
      nextId += 2;
      const write = (data: Uint8Array, fin: boolean): boolean => {
        let room = true;
        if (socket.writable) for (const frame of dataFrames(id, data, fin)) room = socket.write(frame);
        return room;
      };
      const stream: Live = {
        id,
        ended: false,
        write: data => write(data, false),
        end: () => void write(new Uint8Array(), true),
        reset: () => {
          if (socket.writable) socket.write(controlFrame(frameTypes.rstStream, 0, uint32(id, 5)));
          endStream(stream);
        },
        onData: () => {},
        onEnd: () => {},
      };
      streams.set(id, stream);
      const sent = sending.then(async () => {
        const block = await codec.compress(headers);
        socket.write(
          controlFrame(frameTypes.synStream, 0, Buffer.concat([uint32(id, 0), Buffer.from([0, 0]), block])),
        );
      });
      sending = sent.catch(() => {});
      await sent;
      return stream;
    },
    drained: () =>
      new Promise(resolve => {
        if (!socket.writableNeedDrain) return resolve();
        const done = (): void => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.on('drain', done);
        socket.on('close', done);
      }),
    close: () => socket.destroy(),
  };
}
