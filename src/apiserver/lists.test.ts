import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '../api/generated/resources/core.v1.ts';
import { isExpired, StatusError } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { createMemoryStore } from '../store/memory.ts';
import { anyone } from './permissive.ts';
import { caller, startTestServer } from './testing.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const name = (i: number): string => `m${String(i).padStart(3, '0')}`;

test('pages are one snapshot, whatever is written between them', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  for (let i = 0; i < 100; i += 2)
    await client.create(configmaps, { metadata: { name: name(i), namespace: 'default' } });
  const seen: string[] = [];
  const revisions = new Set<string>();
  let next: string | undefined;
  for (let page = 0; page === 0 || next; page++) {
    const list = await client.list(configmaps, { namespace: 'default', limit: 7, continue: next });
    seen.push(...list.items.map(item => item.metadata.name));
    revisions.add(list.metadata.resourceVersion);
    next = list.metadata.continue;
    if (next) assert.equal(list.metadata.remainingItemCount, 50 - seen.length);
    const odd = page * 2 + 1;
    await client.create(configmaps, { metadata: { name: name(odd), namespace: 'default' } });
    await client.delete(configmaps, name(98 - page * 2), 'default');
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 50 }, (_, i) => name(i * 2)),
  );
  assert.equal(revisions.size, 1);
});

test('pages of a selection hold as many as asked for', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  for (let i = 0; i < 60; i++)
    await client.create(configmaps, {
      metadata: { name: name(i), namespace: 'default', labels: { third: String(i % 3 === 0) } },
    });
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const list = await client.list(configmaps, { labelSelector: 'third=true', limit: 6, continue: next });
    seen.push(...list.items.map(item => item.metadata.name));
    assert.equal(list.metadata.remainingItemCount, undefined);
    next = list.metadata.continue;
    if (next) assert.equal(list.items.length, 6);
  } while (next);
  assert.equal(seen.length, 20);
});

test('a token whose revision is compacted is Expired, and tells how to go on without a snapshot', async () => {
  const store = createMemoryStore();
  await using server = await startTestServer({ clock: realClock, store });
  const client = server.client(anyone);
  for (let i = 0; i < 4; i++)
    await client.create(configmaps, { metadata: { name: name(i), namespace: 'default' } });
  const first = await client.list(configmaps, { namespace: 'default', limit: 2 });
  await client.create(configmaps, { metadata: { name: 'late', namespace: 'default' } });
  await store.compact(store.revision);
  const call = caller(server);
  const gone = await call('GET', `${maps}?limit=2&continue=${first.metadata.continue}`);
  assert.equal(gone.status, 410);
  assert.equal(gone.json.reason, 'Expired');
  const token = (gone.json.metadata as unknown as { continue: string }).continue;
  const rest = await call('GET', `${maps}?limit=10&continue=${token}`);
  assert.deepEqual(
    (rest.json.items as { metadata: { name: string } }[]).map(item => item.metadata.name),
    [name(2), name(3)],
  );
  await assert.rejects(
    client.list(configmaps, { resourceVersion: '2', resourceVersionMatch: 'Exact' }),
    isExpired,
  );
});

test('resourceVersion and resourceVersionMatch', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  const a = await client.create(configmaps, { metadata: { name: 'a', namespace: 'default' } });
  await client.create(configmaps, { metadata: { name: 'b', namespace: 'default' } });
  const resourceVersion = a.metadata.resourceVersion;
  const exact = await client.list(configmaps, { resourceVersion, resourceVersionMatch: 'Exact' });
  assert.deepEqual([exact.items.length, exact.metadata.resourceVersion], [1, resourceVersion]);
  const fresh = await client.list(configmaps, { resourceVersion, resourceVersionMatch: 'NotOlderThan' });
  assert.equal(fresh.items.length, 2);
  const refusal = async (options: object): Promise<string> => {
    try {
      await client.list(configmaps, options);
    } catch (error) {
      assert.ok(error instanceof StatusError);
      return error.message;
    }
    return 'no refusal';
  };
  assert.equal(
    await refusal({ resourceVersionMatch: 'Exact' }),
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  );
  assert.match(
    await refusal({ resourceVersion: '99999' }),
    /^Timeout: Too large resource version: 99999, current: \d+$/,
  );
  assert.match(await refusal({ resourceVersion: 'x' }), /^ListOptions/);
  assert.match(await refusal({ continue: '!' }), /^continue key is not valid/);
});

test('a list on the wire is put together from bytes that agree with the objects', async () => {
  await using server = await startTestServer({ clock: realClock });
  const client = server.client(anyone);
  const made = [];
  for (const key of ['ü€😀', 'plain'])
    made.push(
      await client.create(configmaps, {
        metadata: { generateName: 'm-', namespace: 'default' },
        data: { key },
      }),
    );
  const { json } = await caller(server)('GET', maps);
  const wire = (json.items as { metadata: { name: string } }[]).map(item => [item.metadata.name, item]);
  for (const { kind: _, apiVersion: __, ...object } of made) {
    assert.deepEqual(Object.fromEntries(wire)[object.metadata.name], object);
  }
  const pretty = await caller(server)('GET', `${maps}?pretty=true`);
  assert.match(pretty.text, /^\{\n {2}"kind": "ConfigMapList",\n/);
  const yaml = await caller(server)('GET', maps, undefined, { accept: 'application/yaml' });
  assert.match(yaml.text, /^kind: ConfigMapList\n/);
});
