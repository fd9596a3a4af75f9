import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from './clock.ts';
import { Turnstile } from './turnstile.ts';

const inReality = (milliseconds: number): Promise<number> =>
  new Promise(resolve => setTimeout(() => resolve(milliseconds), milliseconds));

test('time waits for work of the real world, whose outcomes come in the order of asking', async () => {
  const turnstile = new Turnstile();
  const clock = createTestClock(0, { outside: turnstile.next });
  const log: string[] = [];
  clock.timer(10, () => {
    for (const milliseconds of [20, 1])
      void turnstile.pass(inReality(milliseconds)).then(() => log.push(`${milliseconds} at ${clock.now()}`));
  });
  clock.timer(11, () => log.push(`timer at ${clock.now()}`));
  assert.equal(clock.nextAt, 10);
  await clock.advance(20);
  assert.deepEqual(log, ['20 at 10', '1 at 10', 'timer at 11']);
  assert.equal(clock.nextAt, undefined);
});

test('failures come in as failures; once open, everyone passes', async () => {
  const turnstile = new Turnstile();
  const clock = createTestClock(0, { outside: turnstile.next });
  const failing = assert.rejects(turnstile.pass(Promise.reject(new Error('no key'))), /no key/);
  await clock.settle();
  await failing;
  const waiting = turnstile.pass(Promise.resolve('late'));
  turnstile.open();
  assert.equal(await waiting, 'late');
  assert.equal(await turnstile.pass(Promise.resolve('later')), 'later');
});
