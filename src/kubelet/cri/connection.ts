import type { ServiceError } from '@grpc/grpc-js';
import type { Clock } from '../../machinery/clock.ts';
import { loadGrpc } from '../grpc.ts';
import { RuntimeError } from '../runtime.ts';

/** A gRPC connection to a runtime's unix socket: calls by name, plain objects in and out. */
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
  /** Reads a message that came as bytes inside of another. */
  decode<A>(type: string, bytes: Uint8Array): A;
  close(): void;
}

const schemas = ['./cri.proto', './events.proto'].map(file => new URL(file, import.meta.url));
const defaultTimeoutMs = 120_000;
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

/** Code and timeout are told as Go programs do, for they reach users inside messages. */
function toRuntimeError(error: ServiceError): RuntimeError {
  const { code } = error;
  const details = /^Deadline exceeded/.test(error.details) ? 'context deadline exceeded' : error.details;
  return new RuntimeError(
    kinds[code] ?? 'other',
    `rpc error: code = ${codeNames[code] ?? `Code(${code})`} desc = ${details}`,
    error,
  );
}

/** `socket` is a path. Nothing is connected before the first call; a connection that is lost is made anew. */
export async function connect(socket: string, clock: Clock): Promise<Connection> {
  const { library, method, decode } = await loadGrpc(...schemas);
  const client = new library.Client(`unix:${socket}`, library.credentials.createInsecure(), {
    'grpc.primary_user_agent': 'tsukube-kubelet',
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.default_authority': 'localhost',
    // The runtime may be restarting: reconnect soon.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // What a local socket has no use for.
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
  });

  let closed = false;

  return {
    async call(service, name, request, timeoutMs = defaultTimeoutMs) {
      if (closed)
        throw new RuntimeError(
          'other',
          'rpc error: code = Canceled desc = grpc: the client connection is closing',
        );
      const { path, serialize, deserialize } = method(service, name);
      const options = timeoutMs > 0 ? { deadline: clock.now() + timeoutMs } : {};
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, serialize, deserialize, request, options, (error, answer) =>
          error ? reject(toRuntimeError(error)) : resolve(answer as never),
        );
      });
    },
    stream(service, name, request, onMessage, signal) {
      const { path, serialize, deserialize } = method(service, name);
      return new Promise((resolve, reject) => {
        const stream = client.makeServerStreamRequest(path, serialize, deserialize, request);
        const cancel = (): void => stream.cancel();
        let failure: unknown;
        signal.addEventListener('abort', cancel, { once: true });
        stream.on('data', message => {
          try {
            onMessage(message);
          } catch (error) {
            failure ??= error;
            cancel();
          }
        });
        stream.on('end', resolve);
        stream.on('error', (error: ServiceError) => {
          if (signal.aborted) resolve();
          else reject(failure ?? toRuntimeError(error));
        });
        stream.on('close', () => signal.removeEventListener('abort', cancel));
        if (signal.aborted) cancel();
      });
    },
    decode: (type, bytes) => decode(type, bytes) as never,
    close() {
      closed = true;
      client.close();
    },
  };
}
