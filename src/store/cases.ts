// What every store must do: one suite, run by the tests of each.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Store, WatchBatch, WriteOp } from './store.ts';
import { CompactedError } from './store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);
const put = (key: string, value: string): WriteOp => ({ type: 'put', key, value: bytes(value) });
const remove = (key: string): WriteOp => ({ type: 'delete', key });

/** Reads batches until `revision` has been reached, then ends the watch. */
async function readTo(store: Store, prefix: string, fromRevision: number, revision: number) {
  const stop = new AbortController();
  const batches: WatchBatch[] = [];
  for await (const batch of store.watch(prefix, { fromRevision, signal: stop.signal })) {
    batches.push(batch);
    if (batch.revision >= revision) break;
  }
  return batches;
}

const told = (batches: readonly WatchBatch[]): string[] =>
  batches.flatMap(batch =>
    batch.events.map(
      ({ type, kv, previous }) =>
        `${kv.modRevision} ${type} ${kv.key}=${text(kv.value)}${previous ? ` was ${text(previous.value)}@${previous.modRevision}` : ''}`,
    ),
  );

/** `open` makes an empty store that keeps at least the last 1,000 writes; the case disposes of it. */
export function storeCases(open: () => Promise<Store>): void {
  const on = (name: string, run: (store: Store) => Promise<void>): void => {
    it(name, async () => {
      await using store = await open();
      await run(store);
    });
  };

  on('starts at revision 1 and gives each write the next one', async store => {
    assert.equal(store.revision, 1);
    assert.equal(await store.get('/a'), undefined);
    const first = await store.txn([], [put('/a', 'one')]);
    assert.deepEqual(first, { succeeded: true, revision: 2, current: [] });
    await store.txn([], [put('/a', 'two')]);
    const kv = await store.get('/a');
    assert.deepEqual([kv?.createRevision, kv?.modRevision, text(kv?.value)], [2, 3, 'two']);
    assert.equal(store.revision, 3);
  });

  on('a key that is made again has a new createRevision', async store => {
    await store.txn([], [put('/a', '1')]);
    await store.txn([], [remove('/a')]);
    assert.equal(await store.get('/a'), undefined);
    await store.txn([{ key: '/a', modRevision: 0 }], [put('/a', '2')]);
    const kv = await store.get('/a');
    assert.deepEqual([kv?.createRevision, kv?.modRevision], [4, 4]);
  });

  on('writes nothing when one compare fails, and tells how things are', async store => {
    await store.txn([], [put('/a', 'x')]);
    const result = await store.txn(
      [
        { key: '/a', modRevision: 1 },
        { key: '/none', modRevision: 0 },
      ],
      [put('/a', 'y'), put('/b', 'y')],
    );
    assert.equal(result.succeeded, false);
    assert.equal(result.revision, 2);
    assert.equal(text(result.current[0]?.value), 'x');
    assert.equal(result.current[0]?.modRevision, 2);
    assert.equal(result.current[1], undefined);
    assert.equal(await store.get('/b'), undefined);
  });

  on('several writes share one revision; deleting what is not there is none', async store => {
    const result = await store.txn([], [put('/a', '1'), put('/b', '1'), remove('/c')]);
    assert.equal(result.revision, 2);
    assert.equal((await store.txn([], [remove('/c')])).revision, 2);
    assert.equal(store.revision, 2);
    await assert.rejects(store.txn([], [put('/a', '1'), remove('/a')]), TypeError);
  });

  on('of many writers that compare, one wins each time', async store => {
    await store.txn([], [put('/counter', '0')]);
    const writer = async (): Promise<void> => {
      for (let i = 0; i < 20; ) {
        const kv = (await store.get('/counter'))!;
        const next = put('/counter', String(Number(text(kv.value)) + 1));
        if ((await store.txn([{ key: '/counter', modRevision: kv.modRevision }], [next])).succeeded) i++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    assert.equal(text((await store.get('/counter'))?.value), '160');
    assert.equal(store.revision, 2 + 160);
  });

  on('ranges are ordered by bytes, limited, counted and continued', async store => {
    const names = ['/r/a', '/r/a/b', '/r/b', '/r/ab', '/r/\u{ffee}', '/r/\u{1f600}', '/q', '/s', '/r'];
    for (const name of names) await store.txn([], [put(name, name)]);
    const all = await store.range('/r/');
    assert.deepEqual(
      all.kvs.map(kv => kv.key),
      ['/r/a', '/r/a/b', '/r/ab', '/r/b', '/r/\u{ffee}', '/r/\u{1f600}'],
    );
    assert.deepEqual([all.more, all.count, all.revision], [false, 6, store.revision]);
    assert.ok(all.kvs.every(kv => text(kv.value) === kv.key));
    const page = await store.range('/r/', { limit: 2 });
    assert.deepEqual([page.kvs.map(kv => kv.key), page.more, page.count], [['/r/a', '/r/a/b'], true, 6]);
    const rest = await store.range('/r/', { start: '/r/a/b\0', limit: 10 });
    assert.deepEqual([rest.kvs[0]?.key, rest.more, rest.count], ['/r/ab', false, 4]);
    assert.equal((await store.range('')).count, 9);
    assert.equal((await store.range('/r/', { limit: 6 })).more, false);
    assert.equal((await store.range('/none/')).count, 0);
  });

  on('a range of the past is as it was', async store => {
    await store.txn([], [put('/a', '1'), put('/b', '1')]);
    await store.txn([], [put('/a', '2')]);
    await store.txn([], [remove('/b'), put('/c', '1')]);
    await store.txn([], [put('/b', '9')]);
    const at = async (revision: number, options = {}): Promise<string[]> =>
      (await store.range('/', { revision, ...options })).kvs.map(kv => `${kv.key}=${text(kv.value)}`);
    assert.deepEqual(await at(1), []);
    assert.deepEqual(await at(2), ['/a=1', '/b=1']);
    assert.deepEqual(await at(3), ['/a=2', '/b=1']);
    assert.deepEqual(await at(4), ['/a=2', '/c=1']);
    assert.deepEqual(await at(5), ['/a=2', '/b=9', '/c=1']);
    assert.deepEqual(await at(3, { start: '/b', limit: 1 }), ['/b=1']);
    assert.deepEqual((await store.range('/', { revision: 3, limit: 1 })).more, true);
    assert.equal((await store.range('/', { revision: 3, limit: 1 })).revision, 3);
    await assert.rejects(store.range('/', { revision: 6 }), CompactedError);
  });

  on('a watch tells past and present without a gap, one batch a revision', async store => {
    await store.txn([], [put('/w/a', '1')]);
    await store.txn([], [put('/other', '1')]);
    await store.txn([], [put('/w/a', '2'), put('/w/b', '1'), put('/other', '2')]);
    const reading = readTo(store, '/w/', 2, 7);
    await store.txn([], [remove('/w/a')]);
    await store.txn([], [put('/w/a', '3')]);
    await store.txn([], [put('/w/c', '1')]);
    const batches = await reading;
    assert.deepEqual(told(batches), [
      '2 put /w/a=1',
      '4 put /w/a=2 was 1@2',
      '4 put /w/b=1',
      '5 delete /w/a= was 2@4',
      '6 put /w/a=3',
      '7 put /w/c=1',
    ]);
    const revisions = batches.map(batch => batch.revision);
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((a, b) => a - b),
    );
    assert.equal(batches.find(batch => batch.revision === 4)?.events.length, 2);
  });

  on('a watch of a quiet prefix is told how far it has come', async store => {
    const reading = readTo(store, '/quiet/', store.revision + 1, store.revision + 3);
    for (let i = 0; i < 3; i++) await store.txn([], [put('/loud', String(i))]);
    const batches = await reading;
    assert.equal(batches.at(-1)?.revision, 4);
    assert.deepEqual(told(batches), []);
  });

  on('many watchers, some slow, all see all', async store => {
    const last = 1 + 300;
    const slow = async (pause: number): Promise<string[]> => {
      const seen: string[] = [];
      for await (const batch of store.watch('/k/', { fromRevision: 2 })) {
        seen.push(...told([batch]));
        for (let i = 0; i < pause; i++) await undefined;
        if (batch.revision >= last) break;
      }
      return seen;
    };
    const watchers = Array.from({ length: 10 }, (_, i) => slow(i * 20));
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.txn([], [put(`/k/${i % 7}`, String(i))])));
    const seen = await Promise.all(watchers);
    assert.equal(seen[0]?.length, 300);
    for (const each of seen) assert.deepEqual(each, seen[0]);
  });

  on('a watch ends with its signal and with the store', async store => {
    const stop = new AbortController();
    const aborted = (async () => {
      for await (const _ of store.watch('/', { fromRevision: 2, signal: stop.signal }));
    })();
    const disposed = (async () => {
      for await (const _ of store.watch('/', { fromRevision: 2 }));
    })();
    stop.abort();
    await aborted;
    await store[Symbol.asyncDispose]();
    await disposed;
    await assert.rejects(store.get('/a'), { code: 'closed' });
    await assert.rejects(store.txn([], [put('/a', '1')]), { code: 'closed' });
    await store[Symbol.asyncDispose]();
  });

  on('compaction forgets the past and keeps the present', async store => {
    for (let i = 0; i < 5; i++) await store.txn([], [put('/a', String(i)), put(`/n${i}`, 'x')]);
    await store.txn([], [remove('/n0')]);
    await store.compact(5);
    const refused = readTo(store, '/', 5, 5);
    await assert.rejects(refused, (error: unknown) => {
      assert.ok(error instanceof CompactedError);
      assert.equal(error.compactRevision, 5);
      return true;
    });
    await assert.rejects(store.range('/', { revision: 4 }), CompactedError);
    assert.equal((await store.range('/', { revision: 5 })).count, 5);
    assert.deepEqual(told(await readTo(store, '/a', 6, 7)), ['6 put /a=4 was 3@5']);
    assert.equal((await store.range('/')).count, 5);
    await store.compact(store.revision);
    assert.equal(store.revision, 7);
    assert.equal((await store.txn([], [put('/z', '1')])).revision, 8);
  });

  on('a watch cannot start ahead of the store', async store => {
    await assert.rejects(readTo(store, '/', store.revision + 2, 3), CompactedError);
  });

  on('values are kept to the byte', async store => {
    const whole = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    const view = whole.subarray(1_000, 200_000);
    await store.txn([], [{ type: 'put', key: '/big', value: view }, put('/empty', '')]);
    assert.deepEqual((await store.get('/big'))?.value, new Uint8Array(view));
    assert.equal((await store.get('/empty'))?.value.byteLength, 0);
    assert.deepEqual((await store.range('/')).kvs[0]?.value, new Uint8Array(view));
  });

  on('agrees with a simple model over a random life', async store => {
    const model = new Map<string, string>();
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    for (let i = 0; i < 600; i++) {
      const key = `/m/${next(60)}`;
      if (next(4) === 0) {
        await store.txn([], [remove(key)]);
        model.delete(key);
      } else {
        await store.txn([], [put(key, String(i))]);
        model.set(key, String(i));
      }
    }
    const { kvs } = await store.range('/m/');
    assert.deepEqual(
      kvs.map(kv => `${kv.key}=${text(kv.value)}`),
      [...model]
        .map(([key, value]) => `${key}=${value}`)
        .sort((a, b) => (a.split('=')[0]! < b.split('=')[0]! ? -1 : 1)),
    );
    const replayed = new Map<string, string>();
    for (const batch of await readTo(store, '/m/', 2, store.revision)) {
      for (const { type, kv } of batch.events) {
        if (type === 'put') replayed.set(kv.key, text(kv.value));
        else replayed.delete(kv.key);
      }
    }
    assert.deepEqual([...replayed].sort(), [...model].sort());
  });
}
