// Reading of protobuf's wire format (protobuf.dev, "Encoding").

export class WireError extends Error {
  override readonly name = 'WireError';
}

/** A field as it lies on the wire: a number for varints and fixed widths, bytes for what has a length. */
export interface WireField {
  number: number;
  value: number | bigint | Uint8Array;
}

const exact = BigInt(Number.MAX_SAFE_INTEGER);

/** A varint as a signed 64-bit integer; a number where that is exact. */
export function signed(value: bigint): number | bigint {
  const integer = BigInt.asIntN(64, value);
  return integer <= exact && integer >= -exact ? Number(integer) : integer;
}

/** Fields of one message, in order. Throws WireError for bytes that are no message. */
export function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError('unexpected EOF');
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new WireError('integer overflow');
  };
  const take = (length: number): number => {
    const start = at;
    at += length;
    if (length < 0 || at > bytes.length) throw new WireError('unexpected EOF');
    return start;
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    if (number === 0) throw new WireError(`illegal tag ${number}`);
    switch (key & 7) {
      case 0:
        yield { number, value: signed(varint()) };
        break;
      case 1:
        yield { number, value: view.getFloat64(take(8), true) };
        break;
      case 2: {
        const length = Number(varint());
        const start = take(length);
        yield { number, value: bytes.subarray(start, start + length) };
        break;
      }
      case 5:
        yield { number, value: view.getFloat32(take(4), true) };
        break;
      default:
        throw new WireError(`illegal wireType ${key & 7}`);
    }
  }
}
