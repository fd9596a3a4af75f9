// What a server that starts anew over the same store still knows.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { configmaps } from '../api/generated/resources/core.v1.ts';
import type { V1ConfigMap } from '../api/generated/types.ts';
import type { Client, WatchEvent, WatchOptions } from '../client/client.ts';
import { isExpired } from '../machinery/status-error.ts';
import { realClock } from '../platform/clock.ts';
import { createEmbeddedStore } from '../store/embedded.ts';
import { anyone } from './permissive.ts';
import { startTestServer } from './testing.ts';

const root = mkdtempSync(join(tmpdir(), 'tsukube-restart-'));
after(() => rmSync(root, { recursive: true, force: true }));

const map = (name: string): V1ConfigMap => ({ metadata: { name, namespace: 'default' } });

/** Events up to the one at `last`. */
async function watched(
  client: Client,
  options: WatchOptions,
  last: string,
): Promise<WatchEvent<V1ConfigMap>[]> {
  const events: WatchEvent<V1ConfigMap>[] = [];
  for await (const event of client.watch(configmaps, options)) {
    events.push(event);
    if (event.object.metadata.resourceVersion === last) break;
  }
  return events;
}

const brief = (events: readonly WatchEvent<V1ConfigMap>[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);

test('after kill -9 a watch resumes: every acknowledged write, in order, once', async () => {
  const directory = join(root, 'killed');
  const fixture = join(import.meta.dirname, 'restart-writer.fixture.node.ts');
  const child = spawn(process.execPath, [fixture, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const ended = new Promise(resolve => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === 600) child.kill('SIGKILL');
  }
  await ended;
  assert.ok(acknowledged.length >= 600);

  await using store = await createEmbeddedStore({ directory });
  await using server = await startTestServer({ clock: realClock, store });
  const client = server.client(anyone);
  const from = acknowledged[40]!.split(' ')[2]!;
  const last = await client.create(configmaps, map('last'));
  const events = await watched(client, { resourceVersion: from }, last.metadata.resourceVersion);

  const versions = events.map(event => Number(event.object.metadata.resourceVersion));
  assert.ok(versions.every((version, i) => version > (versions[i - 1] ?? Number(from))));
  const seen = new Set(brief(events));
  for (const line of acknowledged) {
    if (Number(line.split(' ')[2]) > Number(from)) assert.ok(seen.has(line), line);
  }
  // What was there before plus the events is what is there now.
  const now = await client.list(configmaps);
  const names = new Set<string>();
  const past = await client.list(configmaps, { resourceVersion: from, resourceVersionMatch: 'Exact' });
  for (const { metadata } of past.items) names.add(metadata.name);
  for (const { type, object } of events) {
    const { name } = object.metadata;
    assert.equal(names.has(name), type !== 'ADDED', `${type} ${name}`);
    if (type === 'DELETED') names.delete(name);
    else names.add(name);
  }
  assert.deepEqual([...names].sort(), now.items.map(item => item.metadata.name).sort());

  // A selection sees objects enter and leave it, as one that was there all along would have.
  const options = { resourceVersion: from, labelSelector: 'mine=yes' };
  await client.create(configmaps, { metadata: { ...map('z').metadata, labels: { mine: 'yes' } } });
  const z = (await client.get(configmaps, 'z', 'default')).metadata.resourceVersion;
  const mine = await watched(client, options, z);
  const inside = new Set(
    past.items.filter(item => item.metadata.labels?.mine).map(item => item.metadata.name),
  );
  for (const { type, object } of mine) {
    const { name } = object.metadata;
    assert.equal(inside.has(name), type !== 'ADDED', `${type} ${name}`);
    if (type === 'DELETED') inside.delete(name);
    else inside.add(name);
    assert.equal(object.metadata.labels?.mine, 'yes');
  }
  assert.ok(mine.some(event => event.type === 'DELETED'));
});

test('many watches from many old versions at once, while writes go on', async () => {
  const directory = join(root, 'many');
  const versions: string[] = [];
  const expected: string[] = [];
  const write = async (client: Client, name: string): Promise<void> => {
    const { resourceVersion } = (await client.create(configmaps, map(name))).metadata;
    versions.push(resourceVersion);
    expected.push(`ADDED ${name} ${resourceVersion}`);
  };
  {
    await using store = await createEmbeddedStore({ directory, fsync: false });
    await using server = await startTestServer({ clock: realClock, store });
    const client = server.client(anyone);
    // More than the store reads from its disk at once.
    for (let i = 0; i < 700; i++) await write(client, `before-${i}`);
  }
  await using store = await createEmbeddedStore({ directory, fsync: false });
  await using server = await startTestServer({ clock: realClock, store });
  const client = server.client(anyone);
  const writing = (async () => {
    for (let i = 0; i < 100; i++) await write(client, `after-${i}`);
  })();
  const stop = new AbortController();
  const watches = [600, 3, 350, 0, 699].map(async start => {
    const seen: WatchEvent<V1ConfigMap>[] = [];
    const options = { resourceVersion: versions[start]!, signal: stop.signal };
    for await (const event of client.watch(configmaps, options)) {
      seen.push(event);
      if (event.object.metadata.name === 'after-99') break;
    }
    return { start, seen: brief(seen) };
  });
  await writing;
  for (const { start, seen } of await Promise.all(watches)) {
    assert.deepEqual(seen, expected.slice(start + 1));
  }
  stop.abort();
});

test('what the store has forgotten is Expired', async () => {
  const directory = join(root, 'compacted');
  await using store = await createEmbeddedStore({ directory, fsync: false });
  const versions: string[] = [];
  {
    await using server = await startTestServer({ clock: realClock, store });
    const client = server.client(anyone);
    for (const name of ['a', 'b', 'c', 'd'])
      versions.push((await client.create(configmaps, map(name))).metadata.resourceVersion);
  }
  await store.compact(Number(versions[1]));
  await using server = await startTestServer({ clock: realClock, store });
  const client = server.client(anyone);
  const from = (resourceVersion: string) => watched(client, { resourceVersion }, versions[3]!);
  await assert.rejects(from(versions[0]!), isExpired);
  assert.deepEqual(brief(await from(versions[1]!)), [`ADDED c ${versions[2]}`, `ADDED d ${versions[3]}`]);
});
