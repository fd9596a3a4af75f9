// One HTTP exchange without a socket: what the node adapter and `fetch` both speak.
import type { Credentials } from '../contracts.ts';

export interface HttpRequest {
  method: string;
  /** Path and query, as on the request line. */
  url: string;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** The whole body; throws RequestEntityTooLarge beyond `limit` bytes. */
  body(limit: number): Promise<Uint8Array>;
  credentials: Credentials;
  remoteAddress?: string;
  /** Aborted when the client is gone. */
  signal: AbortSignal;
}

export interface Sink {
  /** A promise where the receiver is slow: wait for it before writing more. */
  write(chunk: Uint8Array): void | Promise<void>;
}

export type HttpBody =
  | { type: 'bytes'; bytes: Uint8Array }
  /** Runs until it is at its end or `signal` is aborted; what it writes is sent at once. */
  | { type: 'stream'; run(sink: Sink, signal: AbortSignal): Promise<void> };

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[]>;
  body: HttpBody;
}

const encoder = new TextEncoder();

export const bytesResponse = (
  status: number,
  contentType: string,
  bytes: Uint8Array,
  headers: HttpResponse['headers'] = {},
): HttpResponse => ({
  status,
  headers: { 'content-type': contentType, ...headers },
  body: { type: 'bytes', bytes },
});

export const textResponse = (
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): HttpResponse => bytesResponse(status, contentType, encoder.encode(text));
