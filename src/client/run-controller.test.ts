import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicasets } from '../api/generated/resources/apps.v1.ts';
import { configmaps, nodes, pods } from '../api/generated/resources/core.v1.ts';
import type { V1Pod } from '../api/generated/types.ts';
import { silentLogger } from '../machinery/logger.ts';
import { noMetrics } from '../machinery/metrics.ts';
import { seededRandom } from '../machinery/random.ts';
import { modified } from '../machinery/status-errors.ts';
import { createTestClock } from '../testing/clock.ts';
import type { ComponentContext } from './component.ts';
import { type Controller, watching } from './controller.ts';
import { createFakeClient } from './fake-client.ts';
import { createInformers } from './informers.ts';
import { runController } from './run-controller.ts';

const setUp = () => {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const informers = createInformers(client, { clock });
  const problems: string[] = [];
  const note = (message: string): void => {
    problems.push(message);
  };
  const logger = { ...silentLogger, warn: note, error: note, child: () => logger };
  const context: ComponentContext = {
    client,
    informers,
    clock,
    random: seededRandom(1),
    logger,
    metrics: noMetrics,
  };
  const map = (name: string) => ({ metadata: { name, namespace: 'default' }, data: { k: 'v' } });
  return { clock, client, informers, context, problems, map };
};

const onMaps = (reconcile: Controller['reconcile'], more: Partial<Controller> = {}): Controller => ({
  name: 'maps',
  watches: [watching({ resource: configmaps })],
  reconcile,
  ...more,
});

test('every key is reconciled after the caches have synced, and again when its object changes', async () => {
  const { clock, client, informers, context, map } = setUp();
  client.seed(configmaps, map('a'));
  client.seed(configmaps, map('b'));
  const log: string[] = [];
  await using _ = informers;
  await using _controller = await runController(
    context,
    onMaps(
      async key => {
        log.push(key);
        return undefined;
      },
      { started: () => void log.push(`started ${informers.for(configmaps).list().length}`) },
    ),
  );
  await clock.settle();
  assert.deepEqual(log, ['started 2', 'default/a', 'default/b']);
  await client.patch(configmaps, 'a', 'default', { type: 'merge', body: { data: { x: 'y' } } });
  await client.delete(configmaps, 'b', 'default');
  await clock.settle();
  assert.deepEqual(log.slice(3), ['default/a', 'default/b']);
});

test('owned objects give the key of their controlling owner, old and new; other kinds and groups are not ours', async () => {
  const { clock, client, informers, context } = setUp();
  const log: string[] = [];
  await using _ = informers;
  const pod = (
    name: string,
    owner: string,
    kind = 'ReplicaSet',
    apiVersion = 'apps/v1',
    controller = true,
  ): V1Pod => ({
    metadata: {
      name,
      namespace: 'ns',
      ownerReferences: [{ apiVersion, kind, name: owner, uid: owner, controller }],
    },
    spec: { containers: [] },
  });
  await using _controller = await runController(context, () => ({
    name: 'sets',
    watches: [
      watching({ resource: replicasets }),
      watching({ resource: pods, owns: { apiVersion: 'apps/v1', kind: 'ReplicaSet' } }),
      watching({ resource: nodes }),
      watching({ resource: pods, owns: { apiVersion: 'v1', kind: 'Node' } }),
      watching({ resource: deployments, keys: object => [`from-${object.metadata.name}`] }),
    ],
    reconcile: async key => {
      log.push(key);
      return undefined;
    },
  }));
  const made = client.seed(pods, pod('p', 'one'));
  client.seed(pods, pod('q', 'other', 'Job'));
  client.seed(pods, pod('r', 'other', 'ReplicaSet', 'example.test/v1'));
  client.seed(pods, pod('s', 'other', 'ReplicaSet', 'apps/v1', false));
  client.seed(pods, pod('static', 'n1', 'Node', 'v1'));
  await clock.settle();
  assert.deepEqual(log, ['ns/one', 'n1']);
  log.length = 0;
  await client.update(pods, { ...made, ...pod('p', 'two') });
  await clock.settle();
  assert.deepEqual(log.sort(), ['ns/one', 'ns/two']);
});

test('failures are retried with growing waits, conflicts quietly, terminal errors never', async () => {
  const { clock, client, informers, context, problems, map } = setUp();
  for (const name of ['fail', 'conflict', 'terminal', 'panic']) client.seed(configmaps, map(name));
  await using _ = informers;
  const times: Record<string, number[]> = {};
  await using _controller = await runController(
    context,
    onMaps(async key => {
      const name = key.slice('default/'.length);
      const tries = (times[name] ??= []);
      tries.push(clock.monotonic());
      if (tries.length > 3) return undefined;
      if (name === 'fail') throw new Error('no luck');
      if (name === 'conflict') throw modified(configmaps, name);
      if (name === 'terminal') throw Object.assign(new Error('never'), { terminal: true });
      return (undefined as unknown as { x: { requeueAfterMs: number } }).x;
    }),
  );
  await clock.advance(10_000);
  assert.deepEqual(times.fail, [0, 5, 15, 35]);
  assert.deepEqual(times.conflict, [0, 5, 15, 35]);
  assert.deepEqual(times.panic, [0, 5, 15, 35]);
  assert.deepEqual(times.terminal, [0]);
  assert.equal(problems.filter(problem => problem === 'reconcile failed').length, 3);
  assert.equal(problems.filter(problem => problem === 'reconcile panicked').length, 3);
  assert.equal(problems.filter(problem => problem.includes('not retried')).length, 1);
  assert.equal(problems.length, 7);
});

test('requeueAfterMs brings a key back at that time', async () => {
  const { clock, client, informers, context, map } = setUp();
  client.seed(configmaps, map('a'));
  await using _ = informers;
  const times: number[] = [];
  await using _controller = await runController(
    context,
    onMaps(async () => {
      times.push(clock.monotonic());
      return times.length < 4 ? { requeueAfterMs: 30_000 } : undefined;
    }),
  );
  await clock.advance(600_000);
  assert.deepEqual(times, [0, 30_000, 60_000, 90_000]);
});

test('workers work side by side, but never two on one key; stopping waits for them', async () => {
  const { clock, client, informers, context, map } = setUp();
  for (const name of ['a', 'b', 'c']) client.seed(configmaps, map(name));
  const running = new Map<string, number>();
  let most = 0;
  const finish: (() => void)[] = [];
  const controller = await runController(
    context,
    onMaps(
      async key => {
        running.set(key, (running.get(key) ?? 0) + 1);
        most = Math.max(most, running.size);
        assert.equal(running.get(key), 1);
        await new Promise<void>(resolve => finish.push(resolve));
        running.delete(key);
        return undefined;
      },
      { workers: 2 },
    ),
  );
  await clock.settle();
  assert.equal(most, 2);
  await client.patch(configmaps, 'a', 'default', { type: 'merge', body: { data: { x: 'y' } } });
  await clock.settle();
  let stopped = false;
  const stopping = controller[Symbol.asyncDispose]().then(() => {
    stopped = true;
  });
  await clock.settle();
  assert.equal(stopped, false);
  for (const resolve of finish) resolve();
  await stopping;
  assert.equal(finish.length, 2, 'nothing more was begun');
  await informers[Symbol.asyncDispose]();
});

test('the wait for caches can be given up', async () => {
  const { client, informers, context } = setUp();
  client.before(() => {
    throw new Error('down');
  });
  const patience = AbortSignal.abort(new Error('gave up'));
  await assert.rejects(
    runController(
      context,
      onMaps(async () => undefined),
      { signal: patience },
    ),
    /gave up/,
  );
  await informers[Symbol.asyncDispose]();
});

test('many keys do not hog the event loop', async () => {
  const { clock, client, informers, context, map } = setUp();
  for (let i = 0; i < 100; i++) client.seed(configmaps, map(`m${i}`));
  let spent = 0;
  let done = 0;
  let turns = 0;
  const real = clock.monotonic;
  clock.monotonic = () => real() + spent;
  await informers.for(configmaps).whenSynced();
  await using _ = informers;
  await using _controller = await runController(
    context,
    onMaps(async () => {
      spent += 1;
      done++;
      return undefined;
    }),
  );
  while (done < 100) {
    await new Promise(resolve => setImmediate(resolve));
    turns++;
  }
  assert.ok(turns >= 10, `${turns} turns of the event loop`);
});
