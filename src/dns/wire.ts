// DNS messages as bytes (RFC 1035, RFC 6891): reading queries, writing replies with compressed names, which no library here does
// (docs/dependencies.md).
import { parseIp } from './ip.ts';
import { type Answer, type Query, type Rcode, type ResourceRecord, rcodes, types } from './message.ts';

const headerSize = 12;

/** A copy, which `slice` of a Buffer is not. */
export const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** A malformed message; the caller answers FORMERR where there is an id to answer to. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** The end of the name that starts at `at`. */
export function skipName(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; ) {
    const length = bytes[i]!;
    if (length === 0) return i + 1;
    if (length >= 0xc0) return i + 2;
    if (length > 63) break;
    i += length + 1;
  }
  throw new WireError('bad name');
}

/** A question's name, which may not be compressed; lower case. */
function readName(bytes: Uint8Array, from: number): { name: string; end: number } {
  let name = '';
  let at = from;
  while (true) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at + length >= bytes.length || at - from > 254)
      throw new WireError('bad name');
    if (length === 0) return { name, end: at + 1 };
    if (name) name += '.';
    for (let i = at + 1; i <= at + length; i++) {
      const code = bytes[i]!;
      name += String.fromCharCode(code >= 65 && code <= 90 ? code + 32 : code);
    }
    at += length + 1;
  }
}

export const idOf = (bytes: Uint8Array): number => u16(bytes, 0);
export const isReply = (bytes: Uint8Array): boolean => (bytes[2]! & 0x80) !== 0;
export const opcodeOf = (bytes: Uint8Array): number => (bytes[2]! >> 3) & 15;
export const rcodeOf = (bytes: Uint8Array): number => bytes[3]! & 15;
export const isTruncated = (bytes: Uint8Array): boolean => (bytes[2]! & 2) !== 0;

/** Throws WireError for anything but one question and at most an OPT record besides. */
export function readQuery(bytes: Uint8Array): Query {
  if (bytes.length < headerSize || u16(bytes, 4) !== 1) throw new WireError('not one question');
  const { name, end } = readName(bytes, headerSize);
  const questionEnd = end + 4;
  if (questionEnd > bytes.length) throw new WireError('short question');
  const query: Query = {
    id: idOf(bytes),
    question: { name, type: u16(bytes, end), class: u16(bytes, end + 2) },
    questionEnd,
    recursionDesired: (bytes[2]! & 1) !== 0,
    checkingDisabled: (bytes[3]! & 0x10) !== 0,
    edns: undefined,
  };
  let at = questionEnd;
  for (let left = u16(bytes, 6) + u16(bytes, 8) + u16(bytes, 10); left > 0; left--) {
    const fixed = skipName(bytes, at);
    if (fixed + 10 > bytes.length) throw new WireError('short record');
    if (u16(bytes, fixed) === types.OPT)
      query.edns = {
        size: u16(bytes, fixed + 2),
        version: bytes[fixed + 5]!,
        dnssec: (bytes[fixed + 6]! & 0x80) !== 0,
      };
    at = fixed + 10 + u16(bytes, fixed + 8);
    if (at > bytes.length) throw new WireError('short record');
  }
  return query;
}

const encoder = new TextEncoder();

class Writer {
  bytes = new Uint8Array(512);
  length = 0;
  /** Where names (by their text, lower case) have been written. */
  readonly #names = new Map<string, number>();

  #room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
  u8(value: number): void {
    this.#room(1);
    this.bytes[this.length++] = value;
  }
  u16(value: number): void {
    this.u8((value >> 8) & 255);
    this.u8(value & 255);
  }
  u32(value: number): void {
    this.u16((value >>> 16) & 0xffff);
    this.u16(value & 0xffff);
  }
  raw(data: ArrayLike<number>): void {
    this.#room(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }
  /** Marks a name that is already in the message, with all its ends. */
  know(name: string, at: number): void {
    let rest = name;
    let offset = at;
    while (rest && offset < 0x4000) {
      if (!this.#names.has(rest)) this.#names.set(rest, offset);
      const dot = rest.indexOf('.');
      if (dot < 0) return;
      offset += dot + 1;
      rest = rest.slice(dot + 1);
    }
  }
  /** `whole` for the places where compression is forbidden. */
  name(name: string, whole = false): void {
    let rest = name.toLowerCase();
    while (rest) {
      const known = whole ? undefined : this.#names.get(rest);
      if (known !== undefined) {
        this.u16(0xc000 | known);
        return;
      }
      if (this.length < 0x4000 && !this.#names.has(rest)) this.#names.set(rest, this.length);
      const dot = rest.indexOf('.');
      const label = encoder.encode(dot < 0 ? rest : rest.slice(0, dot));
      this.u8(Math.min(label.length, 63));
      this.raw(label.subarray(0, 63));
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
    this.u8(0);
  }
  /** Takes back all from `length` on. */
  cut(length: number): void {
    this.length = length;
    for (const [name, at] of this.#names) if (at >= length) this.#names.delete(name);
  }
}

function writeData(writer: Writer, record: ResourceRecord): void {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      writer.raw(parseIp(record.address) ?? []);
      break;
    case 'CNAME':
    case 'PTR':
    case 'NS':
      writer.name(record.target);
      break;
    case 'SRV':
      writer.u16(record.priority);
      writer.u16(record.weight);
      writer.u16(record.port);
      writer.name(record.target, true);
      break;
    case 'TXT': {
      const text = encoder.encode(record.text).subarray(0, 255);
      writer.u8(text.length);
      writer.raw(text);
      break;
    }
    case 'SOA':
      writer.name(record.primary);
      writer.name(record.mailbox);
      for (const value of [record.serial, 7200, 1800, 86400, record.minimum]) writer.u32(value);
  }
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.name(record.name);
  writer.u16(types[record.type]);
  writer.u16(1);
  writer.u32(record.ttl);
  const lengthAt = writer.length;
  writer.u16(0);
  writeData(writer, record);
  const length = writer.length - lengthAt - 2;
  writer.bytes[lengthAt] = length >> 8;
  writer.bytes[lengthAt + 1] = length & 255;
}

/** Size of an OPT record without options. */
const optSize = 11;
/** What the server says it takes over UDP. */
const ownSize = 1232;

function setFlags(bytes: Uint8Array, query: Query, rcode: number, bits: { aa: boolean; tc: boolean }): void {
  bytes[2] = 0x80 | (bits.aa ? 4 : 0) | (bits.tc ? 2 : 0) | (query.recursionDesired ? 1 : 0);
  bytes[3] = 0x80 | (query.checkingDisabled ? 0x10 : 0) | (rcode & 15);
}

/** The reply to `request`; what does not fit into `limit` bytes is left out, and the client told (TC). */
export function writeReply(request: Uint8Array, query: Query, answer: Answer, limit: number): Uint8Array {
  const writer = new Writer();
  writer.raw(request.subarray(0, query.questionEnd));
  writer.know(query.question.name, headerSize);
  const room = limit - (query.edns ? optSize : 0);
  const counts: number[] = [];
  let truncated = false;
  for (const section of [answer.answers, answer.authorities, answer.additionals]) {
    let count = 0;
    for (const record of section) {
      const before = writer.length;
      if (!truncated) writeRecord(writer, record);
      if (truncated || writer.length > room) {
        writer.cut(before);
        truncated ||= section !== answer.additionals;
        break;
      }
      count++;
    }
    counts.push(count);
  }
  const code = rcodes[answer.rcode];
  if (query.edns) {
    writer.u8(0);
    writer.u16(types.OPT);
    writer.u16(ownSize);
    writer.u8(code >> 4);
    writer.u8(0);
    writer.u16(query.edns.dnssec ? 0x8000 : 0);
    writer.u16(0);
    counts[2]!++;
  }
  const bytes = writer.bytes.subarray(0, writer.length);
  setFlags(bytes, query, code, { aa: answer.authoritative, tc: truncated });
  for (const [i, count] of [1, ...counts].entries()) {
    bytes[4 + 2 * i] = count >> 8;
    bytes[5 + 2 * i] = count & 255;
  }
  return bytes;
}

const bare = (rcode: Rcode): Answer => ({
  rcode,
  answers: [],
  authorities: [],
  additionals: [],
  authoritative: false,
  variable: false,
});

/** A reply without records. */
export const writeError = (request: Uint8Array, query: Query, rcode: Rcode): Uint8Array =>
  writeReply(request, query, bare(rcode), 512);

/** The reply to a message that could not be read: its header, and nothing more. */
export function writeHeaderOnly(request: Uint8Array, rcode: Rcode): Uint8Array {
  const bytes = new Uint8Array(headerSize);
  bytes.set(request.subarray(0, 2));
  bytes[2] = 0x80 | (request[2]! & 0x79);
  bytes[3] = rcodes[rcode];
  return bytes;
}

/** A reply that only says that it was too long. */
export const writeTruncated = (request: Uint8Array, query: Query): Uint8Array => {
  const bytes = writeReply(request, query, bare('NOERROR'), 512);
  bytes[2]! |= 2;
  return bytes;
};
