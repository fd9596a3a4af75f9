// Objects lie in the store as upstream's do: JSON without resourceVersion. On the wire the version is spliced into the same bytes.
import type { KubeObject } from '../../machinery/object.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ascii = new TextDecoder('latin1');

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes);
export const encodeText = (text: string): Uint8Array => encoder.encode(text);

/** Upstream's order of `metadata`, without the resourceVersion. */
const inOrder = (metadata: KubeObject['metadata']): object => ({
  name: undefined,
  generateName: undefined,
  namespace: undefined,
  uid: undefined,
  generation: undefined,
  creationTimestamp: undefined,
  deletionTimestamp: undefined,
  deletionGracePeriodSeconds: undefined,
  labels: undefined,
  annotations: undefined,
  ownerReferences: undefined,
  finalizers: undefined,
  managedFields: undefined,
  ...metadata,
  resourceVersion: undefined,
});

/** `kind` and `apiVersion` first, then `metadata` without its resourceVersion, then the rest. */
export function encodeForStorage(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object;
  return encodeJson({ kind, apiVersion, metadata: inOrder(metadata), ...rest });
}

/** What every value starts with that this server (or upstream's) wrote, as far as it stands before the resourceVersion. */
const head =
  /^(\{(?:"(?:kind|apiVersion)":"[^"\\]*",)*)"metadata":\{(?:"(?:name|generateName|namespace|uid)":"[^"\\]*",?)*/;
/** More than the longest names take. */
const headLimit = 1024;

const quote = 0x22;
const comma = 0x2c;
const closingBrace = 0x7d;

export interface WireBytes {
  bytes: Uint8Array;
  /** Where `"metadata"` starts, if `kind` and `apiVersion` come before it: items of lists leave them out. */
  itemOffset: number;
}

/** The wire form of a stored value at a revision; `undefined` for a value that is laid out in another way. */
export function spliceResourceVersion(value: Uint8Array, revision: number): WireBytes | undefined {
  const match = head.exec(ascii.decode(value.subarray(0, headLimit)));
  if (!match) return undefined;
  const [{ length }, { length: itemOffset }] = match as unknown as [string, string];
  const next = value[length];
  const after = next === closingBrace || next === comma ? '' : ',';
  const before = value[length - 1] === quote ? ',' : '';
  const insert = `${before}"resourceVersion":"${revision}"${after}`;
  const bytes = new Uint8Array(value.length + insert.length);
  bytes.set(value.subarray(0, length));
  for (let i = 0; i < insert.length; i++) bytes[length + i] = insert.charCodeAt(i);
  bytes.set(value.subarray(length), length + insert.length);
  return { bytes, itemOffset };
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
