import { partialText, tableLine, tableText } from '../../api/printing/table.ts';
import type { Clock } from '../../machinery/clock.ts';
import { bookmarkObject } from '../local-client.ts';
import { concat, decodeText, encodeJson, encodeText } from '../watch-cache/encoding.ts';
import type { Watcher, WatchItem } from '../watch-cache/watcher.ts';
import type { HttpResponse } from './exchange.ts';
import type { Form } from './respond.ts';

/** Without its own timeout a watch lasts this long, up to twice (upstream's --min-request-timeout). */
const leastTimeout = 1800;
/** Bytes handed to the socket at once at most; the next piece waits until it has taken them. */
const pieceLimit = 256 * 1024;

const newline = encodeText('\n');

/** How an item looks on the wire; the first Table of a watch has its columns. */
function lineMaker(form: Form, watcher: Watcher): (item: WatchItem) => Uint8Array {
  const { registration } = watcher.selection;
  const { media } = form;
  const { shape, version } = media;
  let headers = true;
  const tableOptions = () => {
    const options = { version, include: form.include, now: form.clock.now(), headers };
    headers = false;
    return options;
  };
  return item => {
    if (item.type === 'BOOKMARK') {
      const object = bookmarkObject(registration, item);
      if (shape === 'table') {
        const { resourceVersion, annotations } = object.metadata!;
        const table = tableText(registration, [], { resourceVersion, annotations }, tableOptions());
        return encodeText(`{"type":"BOOKMARK","object":${table}}\n`);
      }
      if (shape !== 'object') {
        object.kind = 'PartialObjectMetadata';
        object.apiVersion = `meta.k8s.io/${version}`;
      }
      return concat([encodeJson({ type: 'BOOKMARK', object }), newline]);
    }
    if (shape === 'object') return item.view.line(item.type);
    if (shape === 'table') return encodeText(tableLine(registration, item.type, item.view, tableOptions()));
    return encodeText(`{"type":"${item.type}","object":${partialText(item.view, version)}}\n`);
  };
}

async function toYaml(line: Uint8Array): Promise<Uint8Array> {
  const { stringify } = await import('yaml');
  return encodeText(`---\n${stringify(JSON.parse(decodeText(line)), { lineWidth: 0 })}`);
}

/** Streams a watch: a JSON line for each event, sent at once, no faster than the client reads. */
export function watchResponse(
  form: Form,
  watcher: Watcher,
  timeoutSeconds: number | undefined,
): HttpResponse {
  const { clock } = form;
  const seconds = timeoutSeconds || leastTimeout * (1 + spread(clock));
  const yaml = form.media.format === 'yaml';
  return {
    status: 200,
    headers: {
      'content-type': yaml ? 'application/yaml;stream=watch' : 'application/json;stream=watch',
      'cache-control': 'no-cache, private',
    },
    body: {
      type: 'stream',
      async run(sink, signal) {
        const lineOf = lineMaker(form, watcher);
        const close = (): void => watcher.close();
        const timer = clock.timer(seconds * 1000, close);
        signal.addEventListener('abort', close, { once: true });
        if (signal.aborted) close();
        try {
          for (let items = await watcher.next(); items; items = await watcher.next()) {
            let piece: Uint8Array[] = [];
            let size = 0;
            const flush = async (): Promise<void> => {
              const pending = sink.write(piece.length === 1 ? piece[0]! : concat(piece));
              piece = [];
              size = 0;
              if (pending) await pending;
            };
            for (const item of items) {
              const line = lineOf(item);
              piece.push(yaml ? await toYaml(line) : line);
              size += line.length;
              if (size >= pieceLimit) await flush();
              if (signal.aborted) return;
            }
            if (piece.length > 0) await flush();
          }
        } finally {
          timer.cancel();
          signal.removeEventListener('abort', close);
          close();
        }
      },
    },
  };
}

/** Somewhere in [0, 1), so that watches do not all end together. */
const spread = (clock: Clock): number => (clock.now() % 997) / 997;
