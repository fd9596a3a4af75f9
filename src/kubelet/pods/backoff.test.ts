import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../../testing/clock.ts';
import { StartBackoff } from './backoff.ts';

test('no delay at first, then 10 s doubling to 5 min, forgotten after 10 min of peace', async () => {
  const clock = createTestClock();
  const backoff = new StartBackoff(clock);
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    const failed = clock.now();
    const wait = backoff.remaining('key', failed);
    delays.push(wait / 1000);
    await clock.advance(wait);
    assert.equal(backoff.remaining('key', failed), 0);
    backoff.next('key', failed);
  }
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
  await clock.advance(600_001);
  const failed = clock.now();
  assert.equal(backoff.remaining('key', failed), 0);
  backoff.next('key', failed);
  assert.equal(backoff.delay('key'), 10_000);
  assert.equal(backoff.remaining('other', clock.now()), 0);
});
