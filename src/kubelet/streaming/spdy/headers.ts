import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';

export type Headers = Record<string, string>;

export function encodeHeaders(headers: Headers): Buffer {
  const parts: Buffer[] = [];
  const number = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    parts.push(bytes);
  };
  const entries = Object.entries(headers);
  number(entries.length);
  for (const [name, value] of entries)
    for (const text of [Buffer.from(name.toLowerCase()), Buffer.from(value)]) {
      number(text.length);
      parts.push(text);
    }
  return Buffer.concat(parts);
}

export function decodeHeaders(bytes: Buffer): Headers {
  const headers: Headers = {};
  let at = 4;
  const text = (): string => {
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return bytes.toString('utf8', at - length, at);
  };
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text();
    headers[name] = text();
  }
  return headers;
}

/** Both directions of a connection's header compression: one zlib stream each, for the whole life of the connection. */
export class HeaderCodec {
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary });
  readonly #inflate: Inflate = createInflate({
    dictionary: headerDictionary,
    finishFlush: constants.Z_SYNC_FLUSH,
  });

  compress(headers: Headers): Promise<Buffer> {
    return through(this.#deflate, encodeHeaders(headers));
  }

  async decompress(block: Buffer): Promise<Headers> {
    return decodeHeaders(await through(this.#inflate, block));
  }

  close(): void {
    this.#deflate.close();
    this.#inflate.close();
  }
}

/** What a zlib stream makes of one block; blocks must not overlap. */
function through(stream: Deflate | Inflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const onData = (chunk: Buffer): void => {
      parts.push(chunk);
    };
    stream.on('data', onData);
    stream.once('error', reject);
    stream.write(block, () =>
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('data', onData);
        stream.off('error', reject);
        resolve(Buffer.concat(parts));
      }),
    );
  });
}
