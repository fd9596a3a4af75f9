// What every Client must do, whatever it talks to. Run by the fake, by the in-process client and over HTTP.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '../api/generated/resources/apps.v1.ts';
import { configmaps, namespaces, pods } from '../api/generated/resources/core.v1.ts';
import type { V1ConfigMap, V1Pod } from '../api/generated/types.ts';
import { isAlreadyExists, isConflict, isExpired, isNotFound } from '../machinery/status-error.ts';
import type { Client, WatchEvent } from './client.ts';

export interface ClientUnderTest extends AsyncDisposable {
  client: Client;
  /** Makes revisions before now unusable for watches, if the test can do that. */
  compact?(): Promise<void>;
}

const map = (
  name: string,
  data: Record<string, string> = {},
  labels?: Record<string, string>,
): V1ConfigMap => ({
  metadata: { name, namespace: 'default', labels },
  data,
});
const pod = (name: string): V1Pod => ({
  metadata: { name, namespace: 'default', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'example.test/c:1' }] },
});

/** Collects `count` events other than bookmarks, then ends the watch. */
async function collect<T>(
  stream: AsyncIterable<WatchEvent<T>>,
  count: number,
  stop: AbortController,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of stream) {
    if (type === 'BOOKMARK') continue;
    seen.push(`${type} ${object.metadata.name}`);
    if (seen.length === count) stop.abort();
  }
  return seen;
}

/** Registers the cases; `open` gives a client to an empty cluster that has at least the namespace `default`. */
export function clientCases(label: string, open: () => Promise<ClientUnderTest>): void {
  const given = (name: string, body: (client: Client, under: ClientUnderTest) => Promise<void>): void => {
    test(`${label}: ${name}`, async () => {
      await using under = await open();
      await body(under.client, under);
    });
  };

  given('what is created is read back with what the server fills in', async client => {
    const made = await client.create(configmaps, map('a', { k: 'ü€😀' }));
    assert.equal(made.kind, 'ConfigMap');
    assert.equal(made.apiVersion, 'v1');
    assert.match(made.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(made.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(await client.get(configmaps, 'a', 'default'), made);
    assert.equal(made.data?.k, 'ü€😀');
    await assert.rejects(client.create(configmaps, map('a')), isAlreadyExists);
    await assert.rejects(client.get(configmaps, 'b', 'default'), isNotFound);
  });

  given('generateName makes names of its own', async client => {
    const object = { metadata: { generateName: 'g-', namespace: 'default' } };
    const [one, two] = await Promise.all([
      client.create(configmaps, object),
      client.create(configmaps, object),
    ]);
    assert.match(one.metadata.name, /^g-[a-z0-9]{5}$/);
    assert.notEqual(one.metadata.name, two.metadata.name);
  });

  given('a stale update is a conflict, an equal one writes nothing', async client => {
    const first = await client.create(configmaps, map('a', { n: '1' }));
    const second = await client.update(configmaps, { ...first, data: { n: '2' } });
    assert.notEqual(second.metadata.resourceVersion, first.metadata.resourceVersion);
    await assert.rejects(client.update(configmaps, { ...first, data: { n: '3' } }), isConflict);
    const same = await client.update(configmaps, second);
    assert.equal(same.metadata.resourceVersion, second.metadata.resourceVersion);
  });

  given('merge and JSON patches', async client => {
    await client.create(configmaps, map('a', { keep: 'x', drop: 'y' }));
    const merged = await client.patch(configmaps, 'a', 'default', {
      type: 'merge',
      body: { data: { drop: null, more: 'z' } },
    });
    assert.deepEqual(merged.data, { keep: 'x', more: 'z' });
    const patched = await client.patch(configmaps, 'a', 'default', {
      type: 'json',
      body: [
        { op: 'test', path: '/data/keep', value: 'x' },
        { op: 'replace', path: '/data/keep', value: 'w' },
        { op: 'remove', path: '/data/more' },
        { op: 'add', path: '/metadata/annotations', value: {} },
        { op: 'add', path: '/metadata/annotations/a~1b', value: 'v' },
      ],
    });
    assert.deepEqual(patched.data, { keep: 'w' });
    assert.deepEqual(patched.metadata.annotations, { 'a/b': 'v' });
    const stale = { type: 'merge', body: { metadata: { resourceVersion: '1' }, data: { n: '1' } } } as const;
    await assert.rejects(client.patch(configmaps, 'a', 'default', stale), isConflict);
  });

  given('status and spec are written apart', async client => {
    const made = await client.create(deployments, {
      metadata: { name: 'd', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: pod('p').spec },
      },
    });
    const ready = await client.updateStatus(deployments, {
      ...made,
      spec: { ...made.spec!, paused: true },
      status: { observedGeneration: 1, replicas: 3 },
    });
    assert.equal(ready.status?.replicas, 3);
    assert.equal(ready.spec?.paused, undefined);
    assert.equal(ready.metadata.generation, 1);
    const changed = await client.update(deployments, {
      ...ready,
      spec: { ...ready.spec!, paused: true },
      status: { replicas: 9 },
    });
    assert.equal(changed.status?.replicas, 3);
    assert.equal(changed.metadata.generation, 2);
    const patched = await client.patch(
      deployments,
      'd',
      'default',
      { type: 'merge', body: { status: { replicas: 4 } } },
      { subresource: 'status' },
    );
    assert.equal(patched.status?.replicas, 4);
  });

  given('lists by namespace, labels, fields and page', async client => {
    await client.create(namespaces, { metadata: { name: 'other' } });
    for (const name of ['a', 'b', 'c', 'd']) {
      await client.create(configmaps, map(name, {}, { odd: name === 'a' || name === 'c' ? 'yes' : 'no' }));
    }
    await client.create(configmaps, { metadata: { name: 'e', namespace: 'other', labels: { odd: 'yes' } } });
    const names = async (options: object): Promise<string[]> =>
      (await client.list(configmaps, { labelSelector: 'odd', ...options })).items.map(
        item => item.metadata.name,
      );
    assert.deepEqual(await names({}), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(await names({ namespace: 'other' }), ['e']);
    assert.deepEqual(await names({ labelSelector: 'odd in (yes)', namespace: 'default' }), ['a', 'c']);
    assert.deepEqual(await names({ fieldSelector: 'metadata.name!=b', namespace: 'default' }), [
      'a',
      'c',
      'd',
    ]);
    const page = await client.list(configmaps, { namespace: 'default', labelSelector: 'odd', limit: 3 });
    assert.equal(page.kind, 'ConfigMapList');
    assert.equal(page.items.length, 3);
    assert.ok(page.metadata.continue);
    const rest = await client.list(configmaps, {
      namespace: 'default',
      labelSelector: 'odd',
      limit: 3,
      continue: page.metadata.continue,
    });
    assert.deepEqual(
      rest.items.map(item => item.metadata.name),
      ['d'],
    );
    assert.ok(!rest.metadata.continue);
    assert.equal(rest.items[0]?.kind, 'ConfigMap');
  });

  given('a watch goes on from where a list ended and sees what begins and ceases to match', async client => {
    await client.create(configmaps, map('before', {}, { on: 'yes' }));
    const { metadata } = await client.list(configmaps, { namespace: 'default' });
    const stop = new AbortController();
    const seen = collect(
      client.watch(configmaps, {
        namespace: 'default',
        labelSelector: 'on=yes',
        resourceVersion: metadata.resourceVersion,
        signal: stop.signal,
      }),
      5,
      stop,
    );
    await client.create(configmaps, map('a', {}, { on: 'yes' }));
    await client.create(configmaps, map('b', {}, { on: 'no' }));
    await client.patch(configmaps, 'b', 'default', {
      type: 'merge',
      body: { metadata: { labels: { on: 'yes' } } },
    });
    await client.patch(configmaps, 'a', 'default', {
      type: 'merge',
      body: { data: { x: 'é'.repeat(5000) } },
    });
    await client.patch(configmaps, 'a', 'default', { type: 'merge', body: { metadata: { labels: null } } });
    await client.delete(configmaps, 'before', 'default');
    assert.deepEqual(await seen, ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a', 'DELETED before']);
  });

  given('a watch without a revision begins with what there is', async client => {
    await client.create(configmaps, map('a', {}, { mine: 'yes' }));
    const stop = new AbortController();
    const stream = client.watch(configmaps, { labelSelector: 'mine', signal: stop.signal });
    assert.deepEqual(await collect(stream, 1, stop), ['ADDED a']);
  });

  given('a watch from a forgotten revision throws Expired', async (client, under) => {
    if (!under.compact) return;
    const { metadata } = await client.list(configmaps);
    await client.create(configmaps, map('a'));
    await client.create(configmaps, map('b'));
    await under.compact();
    const stream = client.watch(configmaps, { resourceVersion: metadata.resourceVersion });
    await assert.rejects(
      (async () => {
        for await (const _ of stream);
      })(),
      isExpired,
    );
  });

  given('finalizers hold an object, preconditions guard it', async client => {
    const made = await client.create(configmaps, {
      metadata: { name: 'a', namespace: 'default', finalizers: ['example.test/hold'] },
    });
    const wrong = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
    await assert.rejects(client.delete(configmaps, 'a', 'default', wrong), isConflict);
    await client.delete(configmaps, 'a', 'default', { preconditions: { uid: made.metadata.uid } });
    const held = await client.get(configmaps, 'a', 'default');
    assert.ok(held.metadata.deletionTimestamp);
    await client.update(configmaps, { ...held, metadata: { ...held.metadata, finalizers: [] } });
    await assert.rejects(client.get(configmaps, 'a', 'default'), isNotFound);
  });

  given('binding sets the node once; a bound pod is deleted with grace', async client => {
    const made = await client.create(pods, pod('p'));
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'p', namespace: 'default', uid: made.metadata.uid },
      target: { kind: 'Node', name: 'n1' },
    };
    await client.subresource('create', pods, 'p', 'default', 'binding', binding);
    const bound = await client.get(pods, 'p', 'default');
    assert.equal(bound.spec?.nodeName, 'n1');
    assert.equal(bound.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.status, 'True');
    await assert.rejects(client.subresource('create', pods, 'p', 'default', 'binding', binding), isConflict);
    await client.delete(pods, 'p', 'default', { gracePeriodSeconds: 20 });
    const ending = await client.get(pods, 'p', 'default');
    assert.equal(ending.metadata.deletionGracePeriodSeconds, 20);
    assert.ok(ending.metadata.deletionTimestamp);
    await client.delete(pods, 'p', 'default', { gracePeriodSeconds: 0 });
    await assert.rejects(client.get(pods, 'p', 'default'), isNotFound);
  });

  given('deleteCollection deletes what it selects', async client => {
    for (const name of ['a', 'b', 'c'])
      await client.create(configmaps, map(name, {}, { set: name === 'c' ? '2' : '1' }));
    await client.deleteCollection(configmaps, { namespace: 'default', labelSelector: 'set=1' });
    const left = await client.list(configmaps, { namespace: 'default', labelSelector: 'set' });
    assert.deepEqual(
      left.items.map(item => item.metadata.name),
      ['c'],
    );
  });

  given('a dry run changes nothing', async client => {
    await client.create(configmaps, map('a'), { dryRun: true });
    await assert.rejects(client.get(configmaps, 'a', 'default'), isNotFound);
  });
}
