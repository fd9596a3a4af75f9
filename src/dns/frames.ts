// DNS over TCP: each message has its length in two bytes in front (RFC 7766).

/** The message with its length. */
export function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 2);
  bytes[0] = message.length >> 8;
  bytes[1] = message.length & 255;
  bytes.set(message, 2);
  return bytes;
}

/** Puts chunks of a stream together to messages. Holds at most one unfinished message. */
export class FrameReader {
  #held = new Uint8Array(0);

  /** The messages that `chunk` completes. */
  push(chunk: Uint8Array): Uint8Array[] {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
    }
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (end > bytes.length) break;
      messages.push(new Uint8Array(bytes.subarray(at + 2, end)));
      at = end;
    }
    this.#held = new Uint8Array(bytes.subarray(at));
    return messages;
  }
}
