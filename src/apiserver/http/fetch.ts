// The WHATWG door: for tests, for other runtimes, and for whoever has a Request and no socket.
import { tooLarge } from '../../machinery/status-errors.ts';
import type { Credentials } from '../contracts.ts';
import { concat } from '../watch-cache/encoding.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';

export type Connection = Credentials & { remoteAddress?: string };

export function fromFetch(request: Request, connection: Connection): HttpRequest {
  const url = new URL(request.url);
  const { remoteAddress, ...credentials } = connection;
  return {
    method: request.method,
    url: url.pathname + url.search,
    header: name => request.headers.get(name) ?? undefined,
    async body(limit) {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of request.body ?? []) {
        size += part.length;
        if (size > limit) throw tooLarge(`limit is ${limit}`);
        parts.push(part);
      }
      return concat(parts);
    },
    credentials: { authorization: request.headers.get('authorization') ?? undefined, ...credentials },
    remoteAddress,
    signal: request.signal,
  };
}

export function toFetch(response: HttpResponse, signal: AbortSignal): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  const { body, status } = response;
  if (body.type === 'bytes') {
    const bytes = body.bytes.length > 0 ? (body.bytes as Uint8Array<ArrayBuffer>) : null;
    return new Response(bytes, { status, headers });
  }
  const gone = new AbortController();
  let wanted: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const sink = {
        write(chunk: Uint8Array): void | Promise<void> {
          if (gone.signal.aborted) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) > 0) return;
          return new Promise(resolve => {
            wanted = resolve;
          });
        },
      };
      body.run(sink, AbortSignal.any([signal, gone.signal])).then(
        () => !gone.signal.aborted && controller.close(),
        error => controller.error(error),
      );
    },
    pull() {
      wanted?.();
      wanted = undefined;
    },
    cancel() {
      gone.abort();
      wanted?.();
    },
  });
  return new Response(stream, { status, headers });
}
