// Many writers of one object: each gets its turn, none spins for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '../api/generated/resources/core.v1.ts';
import type { V1ConfigMap } from '../api/generated/types.ts';
import { isConflict, StatusError } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { createTestClock } from '../testing/clock.ts';
import { anyone } from './permissive.ts';
import { startTestServer } from './testing.ts';

const map = (data: Record<string, string>): V1ConfigMap => ({
  metadata: { name: 'shared', namespace: 'default' },
  data,
});

/** A store whose transactions can be counted, and refused as if another had come first. */
function watchedStore() {
  const store = createMemoryStore();
  const seen = { txns: 0, refuse: (): boolean => false };
  const wrapped: Store = {
    ...store,
    get revision() {
      return store.revision;
    },
    async txn(compare, writes) {
      seen.txns++;
      if (compare[0]?.key.endsWith('/shared') && compare[0].modRevision > 0 && seen.refuse()) {
        return { succeeded: false, revision: store.revision, current: [await store.get(compare[0].key)] };
      }
      return store.txn(compare, writes);
    },
  };
  return { store: wrapped, seen };
}

test('50 unconditional writers of one object all succeed, with one write each', async () => {
  const { store, seen } = watchedStore();
  await using server = await startTestServer({ clock: realClock, store });
  const client = server.client(anyone);
  await client.create(configmaps, map({}));
  const before = seen.txns;
  const writers = Array.from({ length: 50 }, (_, i) => i);
  await Promise.all(
    writers.map(i =>
      client.patch(configmaps, 'shared', 'default', { type: 'merge', body: { data: { [`k${i}`]: 'v' } } }),
    ),
  );
  assert.equal(seen.txns - before, 50);
  const { data } = await client.get(configmaps, 'shared', 'default');
  assert.equal(Object.keys(data!).length, 50);

  // Of those that name the version they saw, one wins.
  const seenNow = await client.get(configmaps, 'shared', 'default');
  const results = await Promise.allSettled(
    writers.map(i => client.update(configmaps, { ...seenNow, data: { winner: `${i}` } })),
  );
  assert.equal(results.filter(result => result.status === 'fulfilled').length, 1);
  for (const result of results) if (result.status === 'rejected') assert.ok(isConflict(result.reason));

  // A refusal lets the next one go on.
  const refused = client.patch(configmaps, 'shared', 'default', {
    type: 'json',
    body: [{ op: 'test', path: '/data/winner', value: 'nobody' }],
  });
  const next = client.patch(configmaps, 'shared', 'default', {
    type: 'merge',
    body: { data: { next: 'yes' } },
  });
  await assert.rejects(refused);
  assert.equal((await next).data?.next, 'yes');
});

test('a lost race is tried again, but not for longer than a request may take', async () => {
  const { store, seen } = watchedStore();
  let late = 0;
  const still = createTestClock();
  const clock = { ...still, monotonic: () => still.monotonic() + late };
  await using server = await startTestServer({ clock, store });
  const client = server.client(anyone);
  await client.create(configmaps, map({}));
  let races = 3;
  seen.refuse = () => races-- > 0;
  const patch = (value: string) =>
    client.patch(configmaps, 'shared', 'default', { type: 'merge', body: { data: { a: value } } });
  assert.equal((await patch('1')).data?.a, '1');

  seen.refuse = () => {
    late += 1000;
    return true;
  };
  const timeout = (error: unknown): boolean =>
    error instanceof StatusError && error.reason === 'Timeout' && error.code === 504;
  await assert.rejects(patch('2'), timeout);
  await assert.rejects(client.delete(configmaps, 'shared', 'default'), timeout);
  seen.refuse = () => false;
  assert.equal((await patch('3')).data?.a, '3');
});

test('who writes in this process is told apart in managedFields', async () => {
  await using server = await startTestServer({ clock: realClock });
  const scheduler = server.client(anyone, 'kube-scheduler');
  const kubelet = server.client(anyone, 'kubelet');
  await scheduler.create(configmaps, map({ a: '1' }));
  await kubelet.patch(configmaps, 'shared', 'default', { type: 'merge', body: { data: { b: '2' } } });
  const { metadata } = await kubelet.patch(
    configmaps,
    'shared',
    'default',
    { type: 'merge', body: { data: { c: '3' } } },
    { fieldManager: 'mine' },
  );
  assert.deepEqual(
    metadata.managedFields?.map(entry => [entry.manager, Object.keys(entry.fieldsV1 as object)]),
    [
      ['kube-scheduler', ['f:data']],
      ['kubelet', ['f:data']],
      ['mine', ['f:data']],
    ],
  );
});
