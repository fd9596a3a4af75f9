import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../machinery/clock.ts';
import { sleep } from '../../machinery/clock.ts';
import { parseLogLine } from './log-format.ts';

export interface LogOptions {
  follow: boolean;
  timestamps: boolean;
  /** Lines from the end; undefined is all. */
  tailLines: number | undefined;
  /** Milliseconds since the epoch. */
  since: number | undefined;
  limitBytes: number | undefined;
  stream: 'All' | 'Stdout' | 'Stderr';
}

export interface LogSource {
  path: string;
  clock: Clock;
  /** Whether more may be written. */
  running(): boolean;
  signal: AbortSignal;
}

const chunkBytes = 64 * 1024;
/** File system events tell of new lines at once; this is for those that do not come. */
const lookAgainMs = 1000;
const newline = 0x0a;

/** The offset of the first of the last `lines` lines of what is in the file now. */
async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  let left = lines;
  let end = size;
  const block = Buffer.alloc(chunkBytes);
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let i = bytesRead - 1; i >= 0; i--) {
      // The last line's own end does not count.
      if (block[i] !== newline || start + i === size - 1) continue;
      if (--left === 0) return start + i + 1;
    }
    end = start;
  }
  return 0;
}

/** Resolves at the next event of the folder, after a while, or when the signal aborts. */
function change(path: string, clock: Clock, signal: AbortSignal): { next(): Promise<void>; close(): void } {
  let wake = (): void => {};
  let pending = false;
  const notify = (): void => {
    pending = true;
    wake();
  };
  const watcher = watch(dirname(path), notify);
  watcher.on('error', () => watcher.close());
  return {
    async next() {
      if (pending) {
        pending = false;
        return;
      }
      const timer = new AbortController();
      const event = new Promise<void>(resolve => {
        wake = resolve;
      });
      await Promise.race([
        event,
        sleep(clock, lookAgainMs, AbortSignal.any([signal, timer.signal])).catch(() => {}),
      ]);
      timer.abort();
      pending = false;
    },
    close: () => watcher.close(),
  };
}

/**
 * A container's log out of the file that the runtime writes: stamped, filtered and cut as asked for. With `follow` it goes on until the
 * container has ended, through rotations of the file (upstream: pkg/kubelet/kuberuntime/logs).
 */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<Buffer> {
  const { path, clock, signal } = source;
  // Watching before reading: nothing that is written in between is missed.
  const changes = options.follow ? change(path, clock, signal) : undefined;
  let file = await open(path, 'r');
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let offset = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines);
  let partial = Buffer.alloc(0);
  const wanted = options.stream === 'All' ? undefined : options.stream.toLowerCase();
  // Whether the next piece begins a line: only there a time stamp belongs.
  let lineStart = true;

  const render = (bytes: Buffer): Buffer => {
    const parts: string[] = [];
    for (const text of bytes.toString('utf8').split('\n')) {
      const line = text && parseLogLine(text);
      if (!line) continue;
      if (wanted && line.stream !== wanted) continue;
      if (options.since !== undefined && Date.parse(line.time) < options.since) continue;
      parts.push(options.timestamps && lineStart ? `${line.time} ${line.content}` : line.content);
      lineStart = line.content.endsWith('\n');
    }
    return Buffer.from(parts.join(''));
  };

  try {
    const block = Buffer.alloc(chunkBytes);
    while (!signal.aborted && left > 0) {
      // Asked before reading: what a container wrote before its end is there when its end is known.
      const running = source.running();
      const { bytesRead } = await file.read(block, 0, chunkBytes, offset);
      offset += bytesRead;
      if (bytesRead > 0) {
        const bytes = Buffer.concat([partial, block.subarray(0, bytesRead)]);
        const end = bytes.lastIndexOf(newline) + 1;
        partial = bytes.subarray(end);
        const text = render(bytes.subarray(0, end)).subarray(0, left);
        left -= text.length;
        if (text.length > 0) yield text;
        continue;
      }
      if (!changes) return;
      const [now, current] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
      if (now && now.ino !== current.ino) {
        await file.close();
        file = await open(path, 'r');
        offset = 0;
        partial = Buffer.alloc(0);
        continue;
      }
      if (now && now.size < offset) offset = 0;
      if (!running) return;
      await changes.next();
    }
  } finally {
    changes?.close();
    await file.close();
  }
}
