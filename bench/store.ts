// What the choice of the embedded store rests on (docs/dependencies.md): `node bench/store.ts`.
// lmdb is measured too where it is installed (`npm install --no-save lmdb`). Each candidate runs in a process of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedStore } from '../src/store/embedded.ts';

interface Candidate {
  /** Writes `value` if `key` does not exist, and a row of history with it; resolves when both are on disk. */
  write(key: string, value: Uint8Array): Promise<void>;
  count(): Promise<number>;
  close(): Promise<void>;
}

async function openSqlite(directory: string): Promise<Candidate> {
  const store = await createEmbeddedStore({ directory });
  return {
    async write(key, value) {
      await store.txn([{ key, modRevision: 0 }], [{ type: 'put', key, value }]);
    },
    count: async () => (await store.range('/registry/')).kvs.length,
    close: async () => store[Symbol.asyncDispose](),
  };
}

interface LmdbDatabase {
  get(key: unknown): unknown;
  put(key: unknown, value: unknown): unknown;
  getRange(): Iterable<{ value: Uint8Array }>;
  transaction<T>(work: () => T): Promise<T>;
  openDB(options: object): LmdbDatabase;
  close(): Promise<void>;
}

async function openLmdb(directory: string): Promise<Candidate> {
  const name = 'lmdb';
  const { open } = (await import(name)) as { open(options: object): LmdbDatabase };
  // Without overlappingSync a commit's promise waits for its fsync.
  const root = open({ path: join(directory, 'store.mdb'), overlappingSync: false });
  const current = root.openDB({ name: 'current', encoding: 'binary' });
  const log = root.openDB({ name: 'log', encoding: 'binary', keyEncoding: 'uint32' });
  let revision = 1;
  return {
    async write(key, value) {
      await root.transaction(() => {
        if (current.get(key) !== undefined) throw new Error('exists');
        current.put(key, value);
        log.put(++revision, value);
      });
    },
    count: async () => Array.from(current.getRange(), entry => entry.value.byteLength).length,
    close: async () => root.close(),
  };
}

const candidates: Record<string, (directory: string) => Promise<Candidate>> = {
  sqlite: openSqlite,
  lmdb: openLmdb,
};

const keys = 10_000;
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

async function measure(open: (directory: string) => Promise<Candidate>): Promise<Record<string, number>> {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'tsukube-bench-'));
  try {
    const idle = process.memoryUsage().rss;
    const value = new Uint8Array(1500).fill(65);
    const first = await open(directory);
    let next = 0;
    const run = async (writers: number, each: number): Promise<number> => {
      const start = performance.now();
      const writer = async (): Promise<void> => {
        for (let i = 0; i < each; i++) await first.write(`/registry/pods/default/pod-${next++}`, value);
      };
      await Promise.all(Array.from({ length: writers }, writer));
      return Math.round((writers * each * 1000) / (performance.now() - start));
    };
    const one = await run(1, 2_000);
    const many = await run(64, (keys - 2_000) / 64);
    const rss = megabytes(process.memoryUsage().rss - idle);
    await first.close();
    const start = performance.now();
    const again = await open(directory);
    const opened = performance.now() - start;
    const count = await again.count();
    const read = performance.now() - start - opened;
    if (count !== keys) throw new Error(`${count} keys instead of ${keys}`);
    await again.close();
    return { one, many, rss, open: Math.round(opened), read: Math.round(read) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const child = process.argv[2];
if (child) {
  console.log(JSON.stringify(await measure(candidates[child]!)));
} else {
  for (const name of Object.keys(candidates)) {
    const runs: Record<string, number>[] = [];
    for (let i = 0; i < 5; i++) {
      const done = spawnSync(process.execPath, [import.meta.filename, name], { encoding: 'utf8' });
      if (done.status === 0) runs.push(JSON.parse(done.stdout));
      else if (i === 0) console.log(`${name}: not measured (${done.stderr.match(/^\w*Error.*$/m)?.[0]})`);
    }
    if (runs.length === 0) continue;
    const of = (figure: string): number => median(runs.map(run => run[figure]!));
    console.log(
      `${name}: ${of('one')} txn/s with 1 writer, ${of('many')} txn/s with 64; ` +
        `${of('rss')} MB more after ${keys} keys; opens them in ${of('open')} ms, reads them in ${of('read')} ms`,
    );
  }
}
