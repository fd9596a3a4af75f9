// Protocol buffers (version 3) between bytes and plain objects, driven by a schema. Numbers beyond 2^53 lose their last digits.
import type { Field, Message } from './proto-schema.ts';

type Value = Record<string, unknown>;

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

class Writer {
  #bytes = Buffer.alloc(256);
  #length = 0;

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  varint(value: number): void {
    this.#room(10);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
        this.#bytes[this.#length++] = Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0);
        if (rest <= 0x7fn) return;
      }
    }
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  block(number: number, bytes: Uint8Array): void {
    this.varint(number * 8 + delimited);
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

const bytesOf = (value: unknown): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array);

function writeField(writer: Writer, field: Field, value: unknown): void {
  switch (field.kind) {
    case 'number':
    case 'bool':
      writer.varint(field.number * 8 + varint);
      writer.varint(Number(value));
      return;
    case 'enum': {
      const number = field.numbers!.get(value as string);
      if (number === undefined) throw new TypeError(`${field.name}: no such value: ${String(value)}`);
      writer.varint(field.number * 8 + varint);
      writer.varint(number);
      return;
    }
    case 'string':
    case 'bytes':
      writer.block(field.number, bytesOf(value));
      return;
    case 'message':
      writer.block(field.number, encode(field.message!, value as Value));
      return;
    case 'map':
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        const entry = new Writer();
        entry.block(1, bytesOf(key));
        entry.block(2, bytesOf(text));
        writer.block(field.number, entry.finish());
      }
  }
}

const isDefault = (field: Field, value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (field.kind === 'enum' && field.numbers!.get(value as string) === 0) ||
  (field.kind === 'bytes' && (value as Uint8Array).length === 0);

/** Fields that are absent, null or have their default are not written. */
export function encode(message: Message, value: Value): Buffer {
  const writer = new Writer();
  for (const field of message.fields) {
    const given = value[field.name];
    if (given === undefined || given === null) continue;
    if (field.repeated) for (const each of given as unknown[]) writeField(writer, field, each);
    else if (!isDefault(field, given)) writeField(writer, field, given);
  }
  return writer.finish();
}

function emptyOf(field: Field): unknown {
  if (field.repeated) return [];
  switch (field.kind) {
    case 'number':
      return 0;
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'bytes':
      return Buffer.alloc(0);
    case 'enum':
      return field.names!.get(0);
    case 'map':
      return {};
    case 'message':
      return null;
  }
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  varint(): number {
    const start = this.at;
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= 10; count++) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError('protobuf: the message ends inside of a number');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return count < 10 ? value : this.#signed(start);
      scale *= 128;
    }
    throw new RangeError('protobuf: a number is too long');
  }

  /** Ten bytes are a negative number, in which every bit counts. */
  #signed(start: number): number {
    let value = 0n;
    for (let i = 9; i >= 0; i--) value = (value << 7n) | BigInt(this.#bytes[start + i]! & 0x7f);
    return Number(BigInt.asIntN(64, value));
  }

  block(): Buffer {
    const length = this.varint();
    if (this.at + length > this.#bytes.length) throw new RangeError('protobuf: the message is cut off');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  skip(wireType: number): void {
    if (wireType === varint) this.varint();
    else if (wireType === delimited) this.block();
    else if (wireType === fixed64) this.at += 8;
    else if (wireType === fixed32) this.at += 4;
    else throw new RangeError(`protobuf: wire type ${wireType}`);
  }
}

function readValue(reader: Reader, field: Field): unknown {
  switch (field.kind) {
    case 'number':
      return reader.varint();
    case 'bool':
      return reader.varint() !== 0;
    case 'enum': {
      const number = reader.varint();
      return field.names!.get(number) ?? number;
    }
    case 'string':
      return reader.block().toString('utf8');
    case 'bytes':
      return Buffer.from(reader.block());
    default:
      return decode(field.message!, reader.block());
  }
}

function readEntry(bytes: Buffer): [string, string] {
  const reader = new Reader(bytes);
  const entry = ['', ''] as [string, string];
  while (!reader.done) {
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    if (number === 1 || number === 2) entry[number - 1] = reader.block().toString('utf8');
    else reader.skip(tag % 8);
  }
  return entry;
}

/** Absent fields have their defaults, absent messages are null; fields that the schema does not know are left out. */
export function decode(message: Message, bytes: Buffer): Value {
  const value: Value = {};
  for (const field of message.fields) value[field.name] = emptyOf(field);
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const wireType = tag % 8;
    const field = message.byNumber.get(Math.floor(tag / 8));
    const numeric = field && (field.kind === 'number' || field.kind === 'bool' || field.kind === 'enum');
    if (!field) reader.skip(wireType);
    else if (numeric && wireType === delimited && field.repeated) {
      // Repeated numbers come packed.
      const packed = new Reader(reader.block());
      while (!packed.done) (value[field.name] as unknown[]).push(readValue(packed, field));
    } else if (numeric !== (wireType === varint)) reader.skip(wireType);
    else if (field.kind === 'map') {
      const [key, text] = readEntry(reader.block());
      (value[field.name] as Record<string, string>)[key] = text;
    } else if (field.repeated) (value[field.name] as unknown[]).push(readValue(reader, field));
    else value[field.name] = readValue(reader, field);
  }
  return value;
}
