// Frames of SPDY/3.1 (draft 3.1, section 2.6), as far as streaming to containers needs them.

export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
};

export const flagFin = 1;
const maxDataBytes = 0xffff;

export type Frame =
  | { kind: 'data'; streamId: number; fin: boolean; data: Buffer }
  | { kind: 'control'; type: number; flags: number; body: Buffer };

export function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(body.length, 4);
  head[4] = flags;
  return Buffer.concat([head, body]);
}

/** Data as frames of a size that every receiver takes; without data and with `fin`, one empty frame. */
export function* dataFrames(streamId: number, data: Uint8Array, fin: boolean): Generator<Buffer> {
  let at = 0;
  do {
    const part = data.subarray(at, at + maxDataBytes);
    at += part.length;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(streamId, 0);
    head.writeUInt32BE(part.length, 4);
    head[4] = fin && at >= data.length ? flagFin : 0;
    yield Buffer.concat([head, part]);
  } while (at < data.length);
}

/** Cuts bytes into frames. */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. */
  push(chunk: Uint8Array): Frame[] {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#buffer.length - at >= 8) {
      const first = this.#buffer.readUInt32BE(at);
      const second = this.#buffer.readUInt32BE(at + 4);
      const length = second & 0xffffff;
      const flags = second >>> 24;
      if (this.#buffer.length - at < 8 + length) break;
      const body = this.#buffer.subarray(at + 8, at + 8 + length);
      if (first & 0x80000000) frames.push({ kind: 'control', type: first & 0xffff, flags, body });
      else frames.push({ kind: 'data', streamId: first, fin: (flags & flagFin) !== 0, data: body });
      at += 8 + length;
    }
    this.#buffer = this.#buffer.subarray(at);
    return frames;
  }
}
