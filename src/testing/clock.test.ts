import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../machinery/clock.ts';
import { createTestClock } from './clock.ts';

test('fires timers in order of time, then of creation, and lets promises settle between them', async () => {
  const clock = createTestClock();
  const log: string[] = [];
  clock.timer(20, () => log.push('b'));
  clock.timer(10, async () => {
    log.push('a1');
    await Promise.resolve();
    await new Promise<void>(resolve => setImmediate(resolve));
    log.push('a2');
    clock.timer(5, () => log.push('a3'));
  });
  clock.timer(20, () => log.push('c'));
  await clock.advance(19);
  assert.deepEqual(log, ['a1', 'a2', 'a3']);
  await clock.advance(1);
  assert.deepEqual(log, ['a1', 'a2', 'a3', 'b', 'c']);
  assert.equal(clock.monotonic(), 20);
});

test('a loop that sleeps runs as often as it would in real time', async () => {
  const clock = createTestClock();
  const stop = new AbortController();
  let rounds = 0;
  const loop = (async () => {
    for (;;) {
      await sleep(clock, 100, stop.signal);
      rounds++;
    }
  })();
  await clock.advance(1000);
  assert.equal(rounds, 10);
  stop.abort(new Error('enough'));
  await assert.rejects(loop, /enough/);
  assert.equal(clock.pending, 0);
});

test('timers of zero milliseconds need no advance; cancelled ones never fire', async () => {
  const clock = createTestClock();
  let fired = 0;
  clock.timer(0, () => fired++);
  clock.timer(0, () => fired++).cancel();
  clock.timer(3, () => fired++).cancel();
  await clock.settle();
  assert.equal(fired, 1);
  await clock.advance(10);
  assert.equal(fired, 1);
});

test('advanceUntil goes from timer to timer and gives up at its limit', async () => {
  const clock = createTestClock();
  let done = false;
  clock.timer(5000, () => {
    done = true;
  });
  await clock.advanceUntil(() => done);
  assert.equal(clock.monotonic(), 5000);
  await assert.rejects(
    clock.advanceUntil(() => false, 1000),
    /did not come true/,
  );
});
