import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../api/builtins.ts';
import type { StoreEvent } from '../../store/store.ts';
import { createTestClock } from '../../testing/clock.ts';
import { WatchCache } from './cache.ts';
import { decodeText, encodeForStorage, spliceResourceVersion } from './encoding.ts';
import { selectionOf } from './selection.ts';

const registration = createRegistry().find('', 'v1', 'configmaps')!;
const prefix = '/registry/configmaps/';

function put(name: string, revision: number, labels?: Record<string, string>): StoreEvent {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, namespace: 'default', labels } };
  const kv = {
    key: `${prefix}default/${name}`,
    value: encodeForStorage(object),
    createRevision: 2,
    modRevision: revision,
  };
  return { type: 'put', kv, previous: undefined };
}

const follow = (cache: WatchCache, since: number, options: Parameters<typeof selectionOf>[1] = {}) =>
  cache.watch(selectionOf(registration, options), {
    since,
    bookmarks: false,
    initial: false,
    initialEnd: false,
  });

test('a watcher that does not read is cut, and one that reads sees everything', async () => {
  const cache = new WatchCache(prefix, [], 1, createTestClock());
  const lazy = follow(cache, 1);
  const eager = follow(cache, 1);
  const total = 20_000;
  let seen = 0;
  for (let revision = 2; revision < total + 2; revision++) {
    cache.apply(put('a', revision));
    cache.revision = revision;
    if (revision % 1000 === 0) seen += (await eager.next())?.length ?? 0;
  }
  seen += (await eager.next())?.length ?? 0;
  assert.equal(seen, total);
  assert.equal(lazy.closed, true);
  assert.equal(eager.closed, false);
  assert.equal(cache.watching, 1);
});

test('events are encoded once for all watchers', async () => {
  const cache = new WatchCache(prefix, [], 1, createTestClock());
  const watchers = Array.from({ length: 3 }, () => follow(cache, 1));
  cache.apply(put('a', 2));
  const lines = new Set<Uint8Array>();
  for (const watcher of watchers) {
    for (const item of (await watcher.next())!)
      if (item.type !== 'BOOKMARK') lines.add(item.view.line(item.type));
  }
  assert.equal(lines.size, 1);
});

test('old events are dropped once they are old, and who needs them is told', () => {
  const clock = createTestClock();
  const cache = new WatchCache(prefix, [], 1, clock);
  let revision = 1;
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) {
      cache.apply(put('a', ++revision));
      cache.revision = revision;
    }
  };
  write(3000);
  assert.doesNotThrow(() => follow(cache, 1).close());
  return clock.advance(80_000).then(() => {
    write(5000);
    assert.throws(() => follow(cache, 1), /too old resource version: 1 \(\d+\)/);
    assert.doesNotThrow(() => follow(cache, revision - 1000).close());
  });
});

test('a namespace’s watchers hear nothing of others', async () => {
  const cache = new WatchCache(prefix, [], 1, createTestClock());
  const other = follow(cache, 1, { namespace: 'other' });
  const mine = follow(cache, 1, { namespace: 'default' });
  cache.apply(put('a', 2));
  assert.equal((await mine.next())?.length, 1);
  other.close();
  assert.equal(await other.next(), undefined);
});

test('the resourceVersion is spliced into stored bytes where upstream has it, whatever metadata holds', () => {
  const splice = (value: object): string | undefined => {
    const wire = spliceResourceVersion(new TextEncoder().encode(JSON.stringify(value)), 42);
    return wire && decodeText(wire.bytes);
  };
  const text = (value: object): string => JSON.stringify(value);
  const kind = { kind: 'X', apiVersion: 'v1' };
  assert.equal(splice({ ...kind, metadata: {} }), text({ ...kind, metadata: { resourceVersion: '42' } }));
  assert.equal(
    splice({ ...kind, metadata: { name: 'a', uid: 'u' } }),
    text({ ...kind, metadata: { name: 'a', uid: 'u', resourceVersion: '42' } }),
  );
  assert.equal(
    splice({ metadata: { labels: { name: 'ü' }, name: 'b' }, a: 1 }),
    text({ metadata: { resourceVersion: '42', labels: { name: 'ü' }, name: 'b' }, a: 1 }),
  );
  assert.equal(splice({ spec: { metadata: {} }, metadata: {} }), undefined);
  // Where the search for its place ends, at whichever byte.
  for (let length = 900; length < 1100; length++) {
    const metadata = { name: 'n'.repeat(length), uid: 'u', generation: 1 };
    const { resourceVersion, ...rest } = JSON.parse(splice({ ...kind, metadata })!).metadata;
    assert.deepEqual([resourceVersion, rest], ['42', metadata]);
  }
});

test('metadata lies in the store in upstream’s order', () => {
  const stored = encodeForStorage({
    metadata: {
      managedFields: [],
      labels: { a: 'b' },
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: '7',
      uid: 'u',
      namespace: 'd',
      name: 'n',
    },
    apiVersion: 'v1',
    kind: 'ConfigMap',
  });
  assert.equal(
    decodeText(spliceResourceVersion(stored, 9)!.bytes),
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","namespace":"d","uid":"u","resourceVersion":"9","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"a":"b"},"managedFields":[]}}',
  );
});
