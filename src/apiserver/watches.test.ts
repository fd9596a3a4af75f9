import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods } from '../api/generated/resources/core.v1.ts';
import type { V1ConfigMap } from '../api/generated/types.ts';
import type { Client, WatchEvent, WatchOptions } from '../client/client.ts';
import { isExpired } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { createMemoryStore } from '../store/memory.ts';
import { createTestClock } from '../testing/clock.ts';
import { anyone } from './permissive.ts';
import { caller, startTestServer } from './testing.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, labels?: Record<string, string>): V1ConfigMap => ({
  metadata: { name, namespace: 'default', labels },
});

/** What a watch says until `enough` holds. */
async function watched(
  client: Client,
  options: WatchOptions,
  enough: (seen: string[]) => boolean,
): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { type, object } of client.watch(configmaps, { ...options, signal: stop.signal })) {
    const mark = object.metadata.annotations?.['k8s.io/initial-events-end'] ? ' end' : '';
    seen.push(type === 'BOOKMARK' ? `BOOKMARK${mark}` : `${type} ${object.metadata.name}`);
    if (enough(seen)) stop.abort();
  }
  return seen;
}

test('WatchList: what is there, a bookmark that says so, then what happens', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  for (const name of ['b', 'a']) await client.create(configmaps, map(name));
  const seen = watched(
    client,
    { sendInitialEvents: true, allowWatchBookmarks: true },
    list => list.length === 4,
  );
  await realTurn();
  await client.create(configmaps, map('c'));
  assert.deepEqual(await seen, ['ADDED a', 'ADDED b', 'BOOKMARK end', 'ADDED c']);
});

const realTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('bookmarks tell of progress elsewhere, so that a quiet watch can resume', async () => {
  const clock = createTestClock();
  await using server = await startTestServer({ clock });
  const client = server.client(anyone);
  const { metadata } = await client.list(configmaps);
  const stop = new AbortController();
  const events: WatchEvent<V1ConfigMap>[] = [];
  const watching = (async () => {
    const options = {
      resourceVersion: metadata.resourceVersion,
      allowWatchBookmarks: true,
      signal: stop.signal,
    };
    for await (const event of client.watch(configmaps, options)) events.push(event);
  })();
  const made = await client.create(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await clock.advance(61_000);
  assert.equal(events.length, 1);
  assert.equal(events[0]?.type, 'BOOKMARK');
  assert.equal(events[0]?.object.metadata.resourceVersion, made.metadata.resourceVersion);
  await clock.advance(120_000);
  assert.equal(events.length, 1);
  stop.abort();
  await watching;
});

test('a watch ends after its timeoutSeconds', async () => {
  const clock = createTestClock();
  await using server = await startTestServer({ clock });
  const client = server.client(anyone);
  let ended = false;
  const watching = (async () => {
    for await (const _ of client.watch(configmaps, { timeoutSeconds: 5 }));
    ended = true;
  })();
  await clock.advance(4_000);
  assert.equal(ended, false);
  await clock.advance(2_000);
  await watching;
});

test('a watch resumes where another ended, without a gap and without a repetition', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  const total = 400;
  let resourceVersion = (await client.list(configmaps)).metadata.resourceVersion;
  const seen: string[] = [];
  const writing = (async () => {
    for (let i = 0; i < total; i++) await client.create(configmaps, map(`m${i}`));
  })();
  while (seen.length < total) {
    const stop = new AbortController();
    let taken = 0;
    for await (const { type, object } of client.watch(configmaps, { resourceVersion, signal: stop.signal })) {
      assert.equal(type, 'ADDED');
      seen.push(object.metadata.name);
      resourceVersion = object.metadata.resourceVersion;
      if (++taken === 7 || seen.length === total) stop.abort();
    }
  }
  await writing;
  assert.deepEqual(
    seen,
    Array.from({ length: total }, (_, i) => `m${i}`),
  );
});

test('what neither the server nor its store remembers is Expired, in upstream’s words', async () => {
  const store = createMemoryStore();
  let old: string;
  {
    await using server = await startTestServer({ clock: realClock, store });
    const client = server.client(anyone);
    old = (await client.create(configmaps, map('a'))).metadata.resourceVersion;
    await client.create(configmaps, map('b'));
  }
  await store.compact(store.revision);
  await using server = await startTestServer({ clock: realClock, store });
  await assert.rejects(
    watched(server.client(anyone), { resourceVersion: old }, () => true),
    isExpired,
  );
  const answer = await caller(server)('GET', `${maps}?watch=1&resourceVersion=${old}`);
  assert.equal(answer.status, 410);
  assert.equal(answer.json.message, 'too old resource version: 2 (3)');
});

test('HTTP: one JSON line an event; Tables have their columns once; metadata only where asked', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  await client.create(configmaps, map('a'));
  await client.create(configmaps, map('b'));
  const lines = async (accept: string) => {
    const request = new Request(`http://server${maps}?watch=true&timeoutSeconds=1`, { headers: { accept } });
    const response = await server.fetch(request);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new TextDecoder()
      .decode(value)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
  };
  const plain = await lines('application/json');
  assert.deepEqual(
    plain.map(({ type, object }) => `${type} ${object.kind} ${object.metadata.name}`),
    ['ADDED ConfigMap a', 'ADDED ConfigMap b'],
  );
  const tables = await lines('application/json;as=Table;v=v1;g=meta.k8s.io');
  assert.deepEqual(
    tables.map(({ object }) => [object.kind, object.columnDefinitions.length > 0, object.rows[0].cells[0]]),
    [
      ['Table', true, 'a'],
      ['Table', false, 'b'],
    ],
  );
  const partial = await lines('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io');
  assert.deepEqual(partial[0].object.kind, 'PartialObjectMetadata');
});
