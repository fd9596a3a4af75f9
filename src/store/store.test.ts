import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { storeCases } from './cases.ts';
import { checkStore } from './check.ts';
import { createEmbeddedStore } from './embedded.ts';
import { createMemoryStore } from './memory.ts';
import { createSortedKeys } from './sorted-keys.ts';
import { CompactedError, type Store } from './store.ts';

const value = new TextEncoder().encode('x');

describe('memory store', () => {
  storeCases(async () => createMemoryStore());

  it('a watcher that falls behind what is kept is told so, and holds nothing up', async () => {
    await using store = createMemoryStore({ history: 10 });
    const watching = store.watch('/', { fromRevision: 2 })[Symbol.asyncIterator]();
    await store.txn([], [{ type: 'put', key: '/a', value }]);
    assert.equal((await watching.next()).value?.revision, 2);
    for (let i = 0; i < 50; i++) await store.txn([], [{ type: 'put', key: '/a', value }]);
    await assert.rejects(watching.next(), CompactedError);
  });
});

describe('embedded store', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsukube-store-'));
  let count = 0;
  const directories: string[] = [];
  after(async () => {
    try {
      for (const directory of directories) assert.deepEqual(await checkStore(directory), []);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
  storeCases(async (): Promise<Store> => {
    const directory = join(root, String(count++));
    directories.push(directory);
    return createEmbeddedStore({ directory, fsync: false });
  });
});

describe('sorted keys', () => {
  it('stay sorted through many inserts and deletes in any order', () => {
    const keys = createSortedKeys();
    const expected = new Set<string>();
    for (let i = 0; i < 5_000; i++) {
      const key = `/k/${(i * 7919) % 3001}`;
      if (i % 3 === 2) {
        keys.delete(key);
        expected.delete(key);
      } else {
        keys.add(key);
        expected.add(key);
      }
    }
    assert.deepEqual([...keys.range('')], [...expected].sort());
    assert.equal(keys.size, expected.size);
    const tens = [...expected].filter(key => key.startsWith('/k/1'));
    assert.equal(keys.count('/k/1'), tens.length);
    assert.equal(keys.count('/k/1', '/k/15'), tens.filter(key => key >= '/k/15').length);
  });
});
