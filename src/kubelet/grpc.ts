import { readFile } from 'node:fs/promises';
import type { Method, Root } from 'protobufjs';

/** What the gRPC library wants to know of a method. Messages are plain objects with the names of the .proto file. */
export interface GrpcMethod {
  path: string;
  serialize(request: object): Buffer;
  deserialize(bytes: Buffer): unknown;
}

/** The library, and the services of some .proto files. */
export interface Grpc {
  library: typeof import('@grpc/grpc-js');
  /** `service` with its package. */
  method(service: string, name: string): GrpcMethod;
  /** A message that came inside of another, by its type's full name. */
  decode(type: string, bytes: Uint8Array): unknown;
}

// Absent fields have their defaults, absent messages are null; times in nanoseconds lose digits that nobody asks for.
const plain = { defaults: true, enums: String, longs: Number };

function methodOf(service: string, method: Method): GrpcMethod {
  method.resolve();
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (!request || !response) throw new TypeError(`${service}/${method.name} has no types`);
  return {
    path: `/${service}/${method.name}`,
    serialize: value => Buffer.from(request.encode(request.fromObject(value)).finish()),
    deserialize: bytes => response.toObject(response.decode(bytes), plain),
  };
}

/** Loads the libraries too, which cost a tenth of a second and 15 MB: to be called where a connection is made, and no earlier. */
export async function loadGrpc(...files: URL[]): Promise<Grpc> {
  const [library, { default: protobuf }, ...texts] = await Promise.all([
    import('@grpc/grpc-js'),
    import('protobufjs'),
    ...files.map(file => readFile(file, 'utf8')),
  ]);
  const root: Root = new protobuf.Root();
  for (const text of texts) protobuf.parse(text, root, { keepCase: true });
  const methods = new Map<string, GrpcMethod>();
  return {
    library,
    method(service, name) {
      const key = `${service}/${name}`;
      let found = methods.get(key);
      if (!found) {
        const method = root.lookupService(service).methods[name];
        if (!method) throw new TypeError(`no method ${key}`);
        found = methodOf(service, method);
        methods.set(key, found);
      }
      return found;
    },
    decode(type, bytes) {
      const found = root.lookupType(type);
      return found.toObject(found.decode(bytes), plain);
    },
  };
}
