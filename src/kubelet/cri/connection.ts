// gRPC to a runtime's unix socket over Node's own HTTP/2. The general library costs 30 MB and a tenth of a second at each start, which a
// local socket with two dozen methods does not need.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  connect as http2Connect,
} from 'node:http2';
import { connect as netConnect } from 'node:net';
import type { Clock, Timer } from '../../machinery/clock.ts';
import { RuntimeError } from '../runtime.ts';
import { type Method, parseSchema } from './proto-schema.ts';
import { decode, encode } from './protobuf.ts';
import { criPackage, criSchema, eventsPackage, eventsSchema } from './schema.ts';

/** Calls by name, plain objects in and out. */
export interface Connection {
  /** `timeoutMs` 0 is none. Refusals are RuntimeErrors. */
  call<A>(service: string, method: string, request: object, timeoutMs?: number): Promise<A>;
  /** Calls `onMessage` until `signal` aborts; resolves when the stream ends, rejects when it breaks. */
  stream<A>(
    service: string,
    method: string,
    request: object,
    onMessage: (message: A) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): void;
}

const defaultTimeoutMs = 120_000;
const windowBytes = 1024 * 1024;
const maxMessageBytes = 16 * 1024 * 1024;

const codeNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];
const kinds: Record<number, RuntimeError['kind']> = { 4: 'timeout', 5: 'not-found', 14: 'unavailable' };

/** With the code as Go programs write it, for it reaches users inside messages. */
const refusal = (code: number, details: string, cause?: unknown): RuntimeError =>
  new RuntimeError(
    kinds[code] ?? 'other',
    `rpc error: code = ${codeNames[code] ?? `Code(${code})`} desc = ${details}`,
    cause,
  );

const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A message with its five bytes of prefix. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Cuts a stream's bytes into messages. */
class MessageReader {
  #buffer: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const messages: Buffer[] = [];
    while (this.#buffer.length >= 5) {
      const length = this.#buffer.readUInt32BE(1);
      if (length > maxMessageBytes) throw new RangeError(`a message of ${length} bytes is too long`);
      if (this.#buffer.length < 5 + length) break;
      messages.push(this.#buffer.subarray(5, 5 + length));
      this.#buffer = this.#buffer.subarray(5 + length);
    }
    return messages;
  }
}

let methods: Map<string, Method> | undefined;
/** The schemas are read once, on first use. */
const methodOf = (service: string, name: string): Method => {
  methods ??= new Map(
    [[criPackage, criSchema] as const, [eventsPackage, eventsSchema] as const].flatMap(
      ([packageName, schema]) =>
        Array.from(parseSchema(packageName, schema).values(), method => [method.path, method] as const),
    ),
  );
  const method = methods.get(`/${service}/${name}`);
  if (!method) throw new TypeError(`no method ${service}/${name}`);
  return method;
};

/** `socket` is a path. Nothing is connected before the first call; a connection that is lost is made anew at the next one. */
export function connect(socket: string, clock: Clock): Connection {
  let session: ClientHttp2Session | undefined;
  let closed = false;

  const open = (): ClientHttp2Session => {
    if (closed) throw refusal(1, 'the connection was closed');
    if (session && !session.closed && !session.destroyed) return session;
    const fresh = http2Connect('http://localhost', {
      createConnection: () => netConnect(socket),
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    const forget = (): void => {
      if (session === fresh) session = undefined;
    };
    // Calls tell of it: each has an error of its own.
    fresh.on('error', forget).on('goaway', forget).on('close', forget);
    session = fresh;
    return fresh;
  };

  /** Sends one request and gives each answer to `onMessage`; resolves with status OK. */
  const exchange = (
    method: Method,
    request: object,
    timeoutMs: number,
    onMessage: (message: Buffer) => void,
    signal?: AbortSignal,
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = framed(encode(method.request, request as Record<string, unknown>));
      const stream: ClientHttp2Stream = open().request({
        ':method': 'POST',
        ':path': method.path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'tsukube-kubelet',
        ...(timeoutMs > 0 ? { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` } : {}),
      });
      const reader = new MessageReader();
      let status: RuntimeError | 'ok' | undefined;
      let timer: Timer | undefined;
      const settle = (outcome: RuntimeError | 'ok'): void => {
        status ??= outcome;
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        if (status === 'ok') resolve();
        else reject(status);
      };
      const cancel = (outcome: RuntimeError | 'ok'): void => {
        status ??= outcome;
        stream.close(constants.NGHTTP2_CANCEL);
        settle(outcome);
      };
      const abort = (): void => cancel('ok');
      const take = (headers: Record<string, unknown>): void => {
        const code = headers['grpc-status'];
        if (code === undefined) return;
        const details = percentDecoded(String(headers['grpc-message'] ?? ''));
        status ??= Number(code) === 0 ? 'ok' : refusal(Number(code), details);
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs > 0)
        timer = clock.timer(timeoutMs, () => cancel(refusal(4, 'context deadline exceeded')));
      stream.on('response', take);
      stream.on('trailers', take);
      stream.on('data', (chunk: Buffer) => {
        try {
          for (const message of reader.push(chunk)) onMessage(message);
        } catch (error) {
          cancel(refusal(13, (error as Error).message, error));
        }
      });
      stream.on('error', error => {
        const { cause } = error as Error;
        settle(refusal(14, `transport: ${cause instanceof Error ? cause.message : error.message}`, error));
      });
      stream.on('close', () => settle(refusal(14, 'transport is closing')));
      stream.end(body);
      if (signal?.aborted) abort();
    });

  return {
    async call(service, name, request, timeoutMs = defaultTimeoutMs) {
      const method = methodOf(service, name);
      let answer: unknown;
      await exchange(method, request, timeoutMs, message => {
        answer = decode(method.response, message);
      });
      return answer as never;
    },
    async stream(service, name, request, onMessage, signal) {
      const method = methodOf(service, name);
      await exchange(
        method,
        request,
        0,
        message => onMessage(decode(method.response, message) as never),
        signal,
      );
    },
    close() {
      closed = true;
      session?.close();
      session = undefined;
    },
  };
}
