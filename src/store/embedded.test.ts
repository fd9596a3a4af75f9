// What only a store on a disk can get wrong: crashes, restarts, bad folders, full disks.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkStore } from './check.ts';
import { createEmbeddedStore } from './embedded.ts';
import { databaseFile, formatVersion } from './sqlite-schema.ts';
import { CompactedError, type Store, type WatchBatch } from './store.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'tsukube-embedded-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

async function fill(directory: string, writes: number, history?: number): Promise<number> {
  await using store = await createEmbeddedStore({ directory, fsync: false, history });
  await Promise.all(
    Array.from({ length: writes }, (_, i) =>
      store.txn([], [{ type: 'put', key: `/k/${i % 100}`, value: encode(`${i}${'v'.repeat(500)}`) }]),
    ),
  );
  return store.revision;
}

async function readTo(store: Store, fromRevision: number, revision: number): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for await (const batch of store.watch('/', { fromRevision })) {
    batches.push(batch);
    if (batch.revision >= revision) break;
  }
  return batches;
}

describe('crashes', () => {
  it('kill -9 at any moment loses no acknowledged write', async () => {
    const directory = join(root, 'crash');
    const fixture = join(import.meta.dirname, 'crash-writer.fixture.ts');
    /** The newest acknowledged write of each key. */
    const acknowledged = new Map<string, { revision: number; value: string }>();
    let total = 0;
    for (let run = 0; run < 8; run++) {
      const child = spawn(process.execPath, [fixture, directory, String(run)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const lines = createInterface({ input: child.stdout });
        const ended = new Promise(resolve => child.once('close', resolve));
        const opened = new Promise<void>(resolve => lines.once('line', () => resolve()));
        lines.on('line', line => {
          // The kill may cut the last line short: its value is then the beginning of what is stored.
          const [key, revision, value] = line.split(' ');
          if (!key || !revision || value === undefined) return;
          total++;
          acknowledged.set(key, { revision: Number(revision), value });
        });
        await Promise.race([opened, ended]);
        await sleep(30 + Math.random() * 250);
        child.kill('SIGKILL');
        await ended;
      } finally {
        child.kill('SIGKILL');
      }
      assert.deepEqual(await checkStore(directory), []);
      await using store = await createEmbeddedStore({ directory });
      for (const [key, { revision, value }] of acknowledged) {
        const kv = await store.get(key);
        assert.ok(kv, `${key} is lost`);
        assert.ok(kv.modRevision >= revision, `${key} went back to ${kv.modRevision} from ${revision}`);
        if (kv.modRevision === revision) {
          assert.ok(decode(kv.value).startsWith(value), `${key} holds another value`);
        }
        const writer = key.split('/')[2];
        assert.ok((await store.get(`/last/${writer}`))!.modRevision >= revision, 'a transaction was torn');
      }
    }
    assert.ok(total > 100, `only ${total} writes were acknowledged`);
  });
});

describe('restarts', () => {
  it('keep revisions, values and history', async () => {
    const directory = join(root, 'restart');
    const revision = await fill(directory, 2_500);
    assert.equal(revision, 2_501);
    await using store = await createEmbeddedStore({ directory, fsync: false });
    assert.equal(store.revision, 2_501);
    const reading = readTo(store, 2, 2_502);
    await store.txn([], [{ type: 'put', key: '/new', value: encode('x') }]);
    const batches = await reading;
    assert.deepEqual(
      batches.map(batch => batch.revision),
      Array.from({ length: 2_501 }, (_, i) => i + 2),
    );
    assert.equal(decode(batches[150]?.events[0]?.previous?.value).slice(0, 2), '50');
    assert.equal((await store.range('/k/', { revision: 51 })).count, 50);
  });

  it('history is compacted by itself, and takes no more room then', async () => {
    const directory = join(root, 'compacted');
    const revision = await fill(directory, 6_000, 1_000);
    await using store = await createEmbeddedStore({ directory, fsync: false, history: 1_000 });
    await assert.rejects(readTo(store, revision - 2_000, revision), CompactedError);
    assert.equal((await readTo(store, revision - 999, revision)).length, 1_000);
    await store[Symbol.asyncDispose]();
    const database = new DatabaseSync(databaseFile(directory), { readOnly: true });
    const { rows } = database.prepare('SELECT count(*) AS rows FROM log').get() as { rows: number };
    database.close();
    assert.ok(rows <= 1_700, `${rows} rows are left`);
    assert.deepEqual(await checkStore(directory), []);
  });
});

describe('bad folders', () => {
  const refused = async (directory: string, code: string, text: RegExp): Promise<void> => {
    await assert.rejects(createEmbeddedStore({ directory }), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, text);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  };

  it('one that is open already', async () => {
    const directory = join(root, 'locked');
    await using _store = await createEmbeddedStore({ directory });
    const script = `
      import { createEmbeddedStore } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))};
      await createEmbeddedStore({ directory: ${JSON.stringify(directory)} }).catch(error => console.log(error.code, error.message));`;
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.match(other.stdout, /^locked another process has the store in .* open\n$/);
    await refused(directory, 'locked', /another process/);
    await assert.rejects(checkStore(directory), { code: 'locked' });
  });

  it('one of a newer release', async () => {
    const directory = join(root, 'newer');
    await fill(directory, 10);
    const database = new DatabaseSync(databaseFile(directory));
    database.exec(`PRAGMA user_version = ${formatVersion + 1}`);
    database.close();
    await refused(directory, 'newer', /written by a newer release \(format 2, this one knows 1\)/);
  });

  it('corrupt ones: garbage, another database, cut, overwritten', async () => {
    const garbage = join(root, 'garbage');
    mkdirSync(garbage);
    writeFileSync(databaseFile(garbage), 'not a database at all'.repeat(500));
    await refused(garbage, 'corrupt', /corrupt/);

    const foreign = join(root, 'foreign');
    mkdirSync(foreign);
    const database = new DatabaseSync(databaseFile(foreign));
    database.exec('CREATE TABLE recipes (name TEXT)');
    database.close();
    await refused(foreign, 'corrupt', /not a store of tsukube/);

    const cut = join(root, 'cut');
    await fill(cut, 500);
    truncateSync(databaseFile(cut), 8 * 4096);
    await refused(cut, 'corrupt', /corrupt/);

    const overwritten = join(root, 'overwritten');
    await fill(overwritten, 500);
    const file = await open(databaseFile(overwritten), 'r+');
    await file.write(new Uint8Array(20_000).fill(0xaa), 0, 20_000, 4096 * 3);
    await file.close();
    await refused(overwritten, 'corrupt', /corrupt/);
  });

  it('the checker sees a broken promise that SQLite does not', async () => {
    const directory = join(root, 'broken');
    await fill(directory, 200);
    const database = new DatabaseSync(databaseFile(directory));
    database.exec("DELETE FROM current WHERE key = '/k/7'");
    database.exec("UPDATE current SET id = (SELECT id FROM current WHERE key = '/k/9') WHERE key = '/k/8'");
    database.close();
    const problems = await checkStore(directory);
    assert.ok(problems.includes('/k/7 exists in the log but is not current'), problems.join('; '));
    assert.ok(problems.includes('/k/8 points to a version of another key'), problems.join('; '));
  });

  it('one that is not there is no store to check', async () => {
    await assert.rejects(checkStore(join(root, 'none')), /there is no store in/);
  });
});

describe('a full disk', () => {
  it('refuses writes with one clear line, loses nothing, and goes on when there is room', async t => {
    const directory = join(root, 'small-disk');
    mkdirSync(directory);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
    if (mounted.status !== 0) return t.skip('needs the right to mount a small tmpfs');
    try {
      const filler = join(directory, 'filler');
      writeFileSync(filler, new Uint8Array(900_000));
      const written = new Map<string, number>();
      {
        await using store = await createEmbeddedStore({ directory });
        const put = (i: number) =>
          store.txn([], [{ type: 'put', key: `/k/${i}`, value: encode('v'.repeat(10_000)) }]);
        let failure: unknown;
        for (let i = 0; i < 200 && !failure; i++) {
          await put(i).then(
            result => written.set(`/k/${i}`, result.revision),
            error => {
              failure = error;
            },
          );
        }
        assert.ok(failure instanceof Error && 'code' in failure);
        assert.equal(failure.code, 'full');
        assert.match(failure.message, /^no space left on the disk of the store in/);
        assert.ok(written.size > 5);
        for (const [key, revision] of written) assert.equal((await store.get(key))?.modRevision, revision);
        rmSync(filler);
        assert.equal((await put(999)).revision, Math.max(...written.values()) + 1);
      }
      assert.deepEqual(await checkStore(directory), []);
      await using again = await createEmbeddedStore({ directory });
      for (const [key, revision] of written) assert.equal((await again.get(key))?.modRevision, revision);
      assert.ok(readdirSync(directory).includes('store.db'));
    } finally {
      spawnSync('umount', [directory]);
    }
  });
});
