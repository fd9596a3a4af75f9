import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../testing/clock.ts';
import { createQueue } from './queue.ts';

test('a key waits once, is given to one worker at a time and comes again when it changed meanwhile', async () => {
  const queue = createQueue({ clock: createTestClock() });
  queue.add('a');
  queue.add('b');
  queue.add('a');
  assert.equal(queue.length, 2);
  assert.equal(await queue.next(), 'a');
  queue.add('a');
  assert.equal(await queue.next(), 'b');
  assert.equal(queue.take(), undefined, 'a is being worked on');
  const waiting = queue.next();
  queue.done('a');
  assert.equal(await waiting, 'a');
  queue.done('a');
  queue.done('b');
  assert.equal(queue.take(), undefined);
});

test('waiting workers get keys in the order in which they asked', async () => {
  const queue = createQueue({ clock: createTestClock() });
  const first = queue.next();
  const second = queue.next();
  queue.add('a');
  queue.add('b');
  assert.deepEqual(await Promise.all([first, second]), ['a', 'b']);
});

test('of several delays the earliest counts', async () => {
  const clock = createTestClock();
  const queue = createQueue({ clock });
  queue.addAfter('a', 1000);
  queue.addAfter('a', 100);
  queue.addAfter('a', 500);
  await clock.advance(99);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.take(), 'a');
  queue.done('a');
  await clock.advance(5000);
  assert.equal(queue.length, 0);
});

test('back-off doubles from 5 ms to 1000 s and starts anew after forget', async () => {
  const clock = createTestClock();
  const queue = createQueue({ clock });
  const waited: number[] = [];
  for (let i = 0; i < 20; i++) {
    const from = clock.monotonic();
    queue.addRateLimited('a');
    await clock.advanceUntil(() => queue.length > 0);
    waited.push(clock.monotonic() - from);
    queue.take();
    queue.done('a');
  }
  assert.deepEqual(waited.slice(0, 5), [5, 10, 20, 40, 80]);
  assert.equal(waited.at(-1), 1_000_000);
  assert.equal(queue.retries('a'), 20);
  queue.forget('a');
  queue.addRateLimited('a');
  await clock.advance(5);
  assert.equal(queue.length, 1);
});

test('shutting down ends waits and drops delayed keys', async () => {
  const clock = createTestClock();
  const queue = createQueue({ clock });
  const waiting = queue.next();
  queue.addAfter('late', 10);
  queue.shutDown();
  assert.equal(await waiting, undefined);
  assert.equal(clock.pending, 0);
  queue.add('a');
  assert.equal(await queue.next(), undefined);
});

test('measures depth, adds and durations under upstream names', async () => {
  const clock = createTestClock();
  const seen: Record<string, number[]> = {};
  const note =
    (name: string) =>
    (value = 1) => {
      (seen[name] ??= []).push(value);
    };
  const queue = createQueue({
    clock,
    name: 'q',
    metrics: {
      counter: name => ({ add: note(name) }),
      gauge: name => ({ set: note(name) }),
      histogram: name => ({ observe: note(name) }),
    },
  });
  queue.add('a');
  await clock.advance(250);
  queue.take();
  await clock.advance(1200);
  queue.done('a');
  assert.deepEqual(seen.workqueue_depth, [0, 1, 0]);
  assert.deepEqual(seen.workqueue_adds_total, [1]);
  assert.deepEqual(seen.workqueue_queue_duration_seconds, [0.25]);
  assert.deepEqual(seen.workqueue_work_duration_seconds, [1.2]);
  assert.deepEqual(seen.workqueue_unfinished_work_seconds, [0.5, 1]);
  await clock.advance(1000);
  assert.equal(seen.workqueue_unfinished_work_seconds?.at(-1), 0);
  assert.equal(clock.pending, 0);
});

test('ten thousand keys go through without loss', async () => {
  const queue = createQueue({ clock: createTestClock() });
  for (let i = 0; i < 10_000; i++) queue.add(`k${i}`);
  for (let i = 0; i < 10_000; i++) assert.equal(queue.take(), `k${i}`);
  assert.equal(queue.take(), undefined);
});
