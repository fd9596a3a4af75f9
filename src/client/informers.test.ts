import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods } from '../api/generated/resources/core.v1.ts';
import type { Stored } from '../machinery/object.ts';
import { internalError } from '../machinery/status-errors.ts';
import { createTestClock } from '../testing/clock.ts';
import { createFakeClient } from './fake-client.ts';
import { createInformers } from './informers.ts';

const setUp = () => {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const informers = createInformers(client, { clock });
  const map = (name: string, team: string, namespace = 'default') => ({
    metadata: { name, namespace, labels: { team } },
  });
  const counts = (verb: string) => client.requests.filter(request => request.verb === verb).length;
  return { clock, client, informers, map, counts };
};

type Named = Stored<unknown>;
const recorder = (log: string[]) => ({
  added: (o: Named) => log.push(`+${o.metadata.name}`),
  updated: (o: Named, old: Named) =>
    log.push(
      `~${o.metadata.name} ${Number(o.metadata.resourceVersion) > Number(old.metadata.resourceVersion)}`,
    ),
  deleted: (o: Named) => log.push(`-${o.metadata.name}`),
});

test('a cache follows, indexes follow the cache, handlers come after both', async () => {
  const { clock, client, informers, map } = setUp();
  client.seed(configmaps, map('a', 'red'));
  const informer = informers.for(configmaps);
  informer.addIndex('team', object => [object.metadata.labels?.team ?? '']);
  const sizes: number[] = [];
  informer.addHandler({
    added: () => sizes.push(informer.byIndex('team', 'red').length),
    updated: () => sizes.push(informer.byIndex('team', 'red').length),
    deleted: () => sizes.push(informer.byIndex('team', 'red').length),
  });
  assert.equal(informer.synced, false);
  await informers.whenSynced();
  assert.equal(informer.synced, true);
  const b = await client.create(configmaps, map('b', 'red', 'other'));
  await client.update(configmaps, { ...b, metadata: { ...b.metadata, labels: { team: 'blue' } } });
  await client.delete(configmaps, 'a', 'default');
  await clock.settle();
  assert.deepEqual(sizes, [1, 2, 1, 0]);
  assert.deepEqual(
    informer.list('other').map(o => o.metadata.name),
    ['b'],
  );
  assert.equal(informer.list().length, 1);
  assert.equal(informer.get('other/b')?.metadata.labels?.team, 'blue');
  assert.deepEqual(informer.byIndex('team', 'green'), []);
  assert.throws(() => informer.byIndex('color', 'x'), /no index/);
  await informers[Symbol.asyncDispose]();
});

test('one list and one watch for each resource and scope, whoever asks', async () => {
  const { informers, counts, client } = setUp();
  assert.equal(informers.for(configmaps), informers.for(configmaps, {}));
  assert.notEqual(informers.for(configmaps), informers.for(configmaps, { namespace: 'x' }));
  informers.for(pods, { fieldSelector: 'spec.nodeName=n1' });
  await informers.whenSynced();
  assert.equal(counts('list'), 3);
  client.seed(pods, { metadata: { name: 'p' }, spec: { containers: [], nodeName: 'n2' } });
  assert.equal(informers.for(pods, { fieldSelector: 'spec.nodeName=n1' }).list().length, 0);
  await informers[Symbol.asyncDispose]();
  assert.throws(() => informers.for(pods, { namespace: 'new' }), /disposed/);
});

test('a late handler hears of what is there, a removed one of nothing more, a throwing one harms nobody', async () => {
  const { clock, client, informers, map } = setUp();
  const informer = informers.for(configmaps);
  await informers.whenSynced();
  client.seed(configmaps, map('a', 'red'));
  await clock.settle();
  informer.addHandler({
    added() {
      throw new Error('mine');
    },
  });
  const log: string[] = [];
  const remove = informer.addHandler(recorder(log));
  client.seed(configmaps, map('b', 'red'));
  await clock.settle();
  remove();
  client.seed(configmaps, map('c', 'red'));
  await clock.settle();
  assert.deepEqual(log, ['+a', '+b']);
  await informers[Symbol.asyncDispose]();
});

test('a watch that ends is resumed at its revision, without a list and without repeats', async () => {
  const { clock, client, informers, map, counts } = setUp();
  const log: string[] = [];
  informers.for(configmaps).addHandler(recorder(log));
  await informers.whenSynced();
  client.seed(configmaps, map('a', 'red'));
  await clock.advance(2000);
  client.breakWatches();
  client.seed(configmaps, map('b', 'red'));
  await clock.advance(10_000);
  assert.deepEqual(log, ['+a', '+b']);
  assert.equal(counts('list'), 1);
  assert.equal(counts('watch'), 2);
  await informers[Symbol.asyncDispose]();
});

test('a forgotten revision leads to a new list, of which handlers hear the differences only', async () => {
  const { clock, client, informers, map, counts } = setUp();
  for (const name of ['a', 'b', 'c']) client.seed(configmaps, map(name, 'red'));
  const log: string[] = [];
  informers.for(configmaps).addHandler(recorder(log));
  await informers.whenSynced();
  await clock.advance(2000);
  log.length = 0;
  let hold = true;
  client.before(({ verb }) => {
    if (verb === 'watch' && hold) throw new Error('connection refused');
  });
  client.breakWatches();
  await clock.settle();
  await client.delete(configmaps, 'a', 'default');
  await client.patch(configmaps, 'b', 'default', { type: 'merge', body: { data: { k: 'v' } } });
  await client.delete(configmaps, 'c', 'default');
  await client.create(configmaps, map('c', 'red'));
  await client.create(configmaps, map('d', 'red'));
  client.breakWatches({ expire: true });
  hold = false;
  await clock.advance(60_000);
  assert.deepEqual(log, ['-a', '~b true', '-c', '+c', '+d']);
  assert.equal(counts('list'), 2);
  await informers[Symbol.asyncDispose]();
});

test('an API server that is not there yet is asked again and again, ever more rarely', async () => {
  const { clock, client, informers, map, counts } = setUp();
  client.seed(configmaps, map('a', 'red'));
  let down = true;
  client.before(() => {
    if (down) throw internalError('starting');
  });
  const informer = informers.for(configmaps);
  const first = new AbortController();
  const given = informer.whenSynced(first.signal);
  first.abort(new Error('no patience'));
  await assert.rejects(given, /no patience/);
  await clock.advance(600_000);
  assert.equal(informer.synced, false);
  assert.ok(counts('list') > 12 && counts('list') < 40, String(counts('list')));
  down = false;
  await clock.advance(60_000);
  assert.equal(informer.get('default/a')?.metadata.name, 'a');
  await informers[Symbol.asyncDispose]();
  assert.equal(clock.pending, 0);
});

test('a server that is unreachable for long is found again within seconds', async () => {
  const { clock, client, informers, map, counts } = setUp();
  const informer = informers.for(configmaps);
  await informer.whenSynced();
  let down = true;
  client.before(() => {
    if (down) throw new Error('connection refused');
  });
  client.breakWatches();
  await clock.advance(120_000);
  assert.ok(counts('watch') < 80, String(counts('watch')));
  down = false;
  client.seed(configmaps, map('a', 'red'));
  await clock.advance(4000);
  assert.equal(informer.list().length, 1);
  assert.equal(counts('list'), 1);
  await informers[Symbol.asyncDispose]();
});

test('disposing ends waits for a sync that will not come', async () => {
  const { clock, client, informers } = setUp();
  client.before(() => new Promise(() => {}));
  const waiting = informers.for(configmaps).whenSynced();
  await clock.settle();
  const disposed = informers[Symbol.asyncDispose]();
  await assert.rejects(waiting, /disposed/);
  void disposed;
});
