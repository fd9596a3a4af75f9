import { fileURLToPath } from 'node:url';
import type { Client, MethodDefinition, ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
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
  close(): void;
}

const defaultTimeoutMs = 120_000;
const maxMessageBytes = 16 * 1024 * 1024;
const kinds: Record<number, RuntimeError['kind']> = { 4: 'timeout', 5: 'not-found', 14: 'unavailable' };

const toRuntimeError = (error: ServiceError): RuntimeError =>
  new RuntimeError(
    kinds[error.code] ?? 'other',
    `rpc error: code = ${codeName(error.code)} desc = ${error.details}`,
    error,
  );

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
/** The code as Go programs write it, for it reaches users inside messages. */
const codeName = (code: number): string => codeNames[code] ?? `Code(${code})`;

/** gRPC and the definitions are loaded on first use, and once. */
let loading: Promise<{ grpc: typeof import('@grpc/grpc-js'); definitions: PackageDefinition }> | undefined;
const load = () => {
  loading ??= (async () => {
    const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
    const files = ['./cri.proto', './events.proto'].map(file =>
      fileURLToPath(new URL(file, import.meta.url)),
    );
    const definitions = await loader.load(files, {
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
    });
    return { grpc, definitions };
  })();
  return loading;
};

/** `socket` is a path. Nothing is connected before the first call. */
export async function connect(socket: string): Promise<Connection> {
  const { grpc, definitions } = await load();
  const client: Client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.default_authority': 'localhost',
    // The runtime may be restarting: reconnect soon.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // Two connections to different runtimes in one process share nothing.
    'grpc.use_local_subchannel_pool': 1,
  });
  const method = (service: string, name: string): MethodDefinition<object, object> =>
    (definitions[service] as ServiceDefinition)[name] as MethodDefinition<object, object>;

  return {
    call(service, name, request, timeoutMs = defaultTimeoutMs) {
      const { path, requestSerialize, responseDeserialize } = method(service, name);
      return new Promise((resolve, reject) => {
        const options =
          timeoutMs > 0 ? { deadline: performance.timeOrigin + performance.now() + timeoutMs } : {};
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          new grpc.Metadata(),
          options,
          (error, answer) => (error ? reject(toRuntimeError(error)) : resolve(answer as never)),
        );
      });
    },
    stream(service, name, request, onMessage, signal) {
      const { path, requestSerialize, responseDeserialize } = method(service, name);
      return new Promise((resolve, reject) => {
        const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
        const cancel = (): void => stream.cancel();
        signal.addEventListener('abort', cancel, { once: true });
        stream.on('data', message => onMessage(message));
        stream.on('end', () => resolve());
        stream.on('error', (error: ServiceError) => {
          signal.removeEventListener('abort', cancel);
          if (signal.aborted) resolve();
          else reject(toRuntimeError(error));
        });
      });
    },
    close: () => client.close(),
  };
}
