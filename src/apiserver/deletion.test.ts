import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../testing/clock.ts';
import { permissiveStages } from './permissive.ts';
import { caller, startTestServer } from './testing.ts';

const pods = '/api/v1/namespaces/default/pods';
const maps = '/api/v1/namespaces/default/configmaps';
const merge = { 'content-type': 'application/merge-patch+json' };
const pod = (name: string, nodeName?: string) => ({
  metadata: { name },
  spec: { nodeName, containers: [{ name: 'c', image: 'example.test/c:1' }] },
});
const start = () => startTestServer({ clock: createTestClock(), stages: permissiveStages() });

test('a pod on a node is marked, its grace can only be shortened, and 0 ends it', async () => {
  await using server = await start();
  const call = caller(server);
  await call('POST', pods, pod('p', 'n1'));
  const marked = await call('DELETE', `${pods}/p`);
  assert.equal(marked.status, 200);
  assert.equal(marked.json.kind, 'Pod');
  assert.equal(marked.json.metadata.deletionGracePeriodSeconds, 30);
  const longer = await call('DELETE', `${pods}/p?gracePeriodSeconds=60`);
  assert.equal(longer.json.metadata.deletionTimestamp, marked.json.metadata.deletionTimestamp);
  const shorter = await call('DELETE', `${pods}/p`, { gracePeriodSeconds: 5 });
  const difference =
    Date.parse(marked.json.metadata.deletionTimestamp!) -
    Date.parse(shorter.json.metadata.deletionTimestamp!);
  assert.equal(difference, 25_000);
  assert.equal((await call('GET', `${pods}/p`)).status, 200);
  assert.equal((await call('DELETE', `${pods}/p?gracePeriodSeconds=0`)).status, 200);
  assert.equal((await call('GET', `${pods}/p`)).status, 404);
});

test('a pod without a node goes at once', async () => {
  await using server = await start();
  const call = caller(server);
  await call('POST', pods, pod('p'));
  const answer = await call('DELETE', `${pods}/p`);
  assert.deepEqual([answer.status, answer.json.kind], [200, 'Pod']);
  assert.equal((await call('GET', `${pods}/p`)).status, 404);
});

test('finalizers hold an object until the last of them is taken away; none may be added then', async () => {
  await using server = await start();
  const call = caller(server);
  await call('POST', maps, { metadata: { name: 'a', finalizers: ['example.test/a', 'example.test/b'] } });
  const marked = await call('DELETE', `${maps}/a`);
  assert.equal(marked.json.kind, 'ConfigMap');
  assert.equal(marked.json.metadata.deletionGracePeriodSeconds, 0);
  const again = await call('POST', maps, { metadata: { name: 'a' } });
  assert.equal(again.json.message, 'object is being deleted: configmaps "a" already exists');
  const more = await call(
    'PATCH',
    `${maps}/a`,
    { metadata: { finalizers: ['example.test/a', 'example.test/c'] } },
    merge,
  );
  assert.equal(more.status, 422, more.text);
  assert.equal(
    (await call('PATCH', `${maps}/a`, { metadata: { finalizers: ['example.test/b'] } }, merge)).status,
    200,
  );
  assert.equal((await call('GET', `${maps}/a`)).status, 200);
  assert.equal((await call('PATCH', `${maps}/a`, { metadata: { finalizers: null } }, merge)).status, 200);
  assert.equal((await call('GET', `${maps}/a`)).status, 404);
});

test('propagation policies leave their finalizers to the garbage collector', async () => {
  await using server = await start();
  const call = caller(server);
  for (const name of ['o', 'f', 'b']) await call('POST', maps, { metadata: { name } });
  const orphan = await call('DELETE', `${maps}/o?propagationPolicy=Orphan`);
  assert.deepEqual(orphan.json.metadata.finalizers, ['orphan']);
  const foreground = await call('DELETE', `${maps}/f`, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Foreground',
  });
  assert.deepEqual(foreground.json.metadata.finalizers, ['foregroundDeletion']);
  const background = await call('DELETE', `${maps}/b`, { propagationPolicy: 'Background' });
  assert.deepEqual(
    [background.json.kind, background.json.status, background.json.details?.name],
    ['Status', 'Success', 'b'],
  );
});

test('a namespace terminates while spec.finalizers hold it and is gone when finalized', async () => {
  await using server = await start();
  const call = caller(server);
  const made = await call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
  assert.equal(made.status, 201);
  const marked = await call('DELETE', '/api/v1/namespaces/n');
  assert.equal((marked.json.status as unknown as { phase: string }).phase, 'Terminating', marked.text);
  const held = await call('GET', '/api/v1/namespaces/n');
  assert.equal(held.status, 200);
  const finalized = await call('PUT', '/api/v1/namespaces/n/finalize', { ...held.json, spec: {} });
  assert.equal(finalized.status, 200, finalized.text);
  assert.equal((await call('GET', '/api/v1/namespaces/n')).status, 404);
});

test('a dry run marks and deletes nothing', async () => {
  await using server = await start();
  const call = caller(server);
  await call('POST', maps, { metadata: { name: 'a' } });
  assert.equal((await call('DELETE', `${maps}/a?dryRun=All`)).status, 200);
  assert.equal((await call('GET', `${maps}/a`)).status, 200);
  const wrong = await call('DELETE', `${maps}/a?dryRun=Some`);
  assert.equal(wrong.status, 422);
});

test('deletecollection deletes what it selects and answers with it', async () => {
  await using server = await start();
  const call = caller(server);
  for (const name of ['a', 'b', 'c'])
    await call('POST', maps, { metadata: { name, labels: { keep: name === 'c' ? 'yes' : 'no' } } });
  const answer = await call('DELETE', `${maps}?labelSelector=keep%3Dno`);
  assert.equal(answer.json.kind, 'ConfigMapList');
  assert.equal(answer.json.items.length, 2);
  assert.equal((await call('GET', maps)).json.items.length, 1);
});
