// Objects lie in the store as upstream's do: JSON without resourceVersion. On the wire the version is spliced into the same bytes.
import type { KubeObject } from '../../machinery/object.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ascii = new TextDecoder('latin1');

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes);
export const encodeText = (text: string): Uint8Array => encoder.encode(text);

/** `kind` and `apiVersion` first, then `metadata` without its resourceVersion, then the rest. */
export function encodeForStorage(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object;
  return encodeJson({ kind, apiVersion, metadata: { ...metadata, resourceVersion: undefined }, ...rest });
}

/** What every value starts with that this server (or upstream's) wrote; the rest of `metadata` follows. */
const head = /^\{(?:"(?:kind|apiVersion)":"[^"\\]*",)*"metadata":\{/;

export interface WireBytes {
  bytes: Uint8Array;
  /** Where `"metadata"` starts, if `kind` and `apiVersion` come before it: items of lists leave them out. */
  itemOffset: number;
}

/** The wire form of a stored value at a revision; `undefined` for a value that is laid out in another way. */
export function spliceResourceVersion(value: Uint8Array, revision: number): WireBytes | undefined {
  const found = head.exec(ascii.decode(value.subarray(0, 256)))?.[0];
  if (!found) return undefined;
  const empty = value[found.length] === 0x7d;
  const insert = `"resourceVersion":"${revision}"${empty ? '' : ','}`;
  const bytes = new Uint8Array(value.length + insert.length);
  bytes.set(value.subarray(0, found.length));
  for (let i = 0; i < insert.length; i++) bytes[found.length + i] = insert.charCodeAt(i);
  bytes.set(value.subarray(found.length), found.length + insert.length);
  return { bytes, itemOffset: found.length - '"metadata":{'.length };
}

/** All parts one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
