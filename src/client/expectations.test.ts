import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../testing/clock.ts';
import { slowStartBatch } from './batch.ts';
import { createExpectations } from './expectations.ts';

test('a key waits for its creations and deletions; a deletion seen twice counts once', () => {
  const expectations = createExpectations(createTestClock());
  assert.equal(expectations.satisfied('k'), true);
  expectations.expect('k', 2, ['u1', 'u2']);
  expectations.created('k');
  expectations.deleted('k', 'u1');
  expectations.deleted('k', 'u1');
  expectations.created('k');
  assert.equal(expectations.satisfied('k'), false);
  expectations.deleted('other', 'u2');
  assert.equal(expectations.satisfied('k'), false);
  expectations.deleted('k', 'u2');
  assert.equal(expectations.satisfied('k'), true);
});

test('what never comes is waited for five minutes', async () => {
  const clock = createTestClock();
  const expectations = createExpectations(clock);
  expectations.expect('k', 1);
  await clock.advance(5 * 60_000);
  assert.equal(expectations.satisfied('k'), false);
  await clock.advance(1);
  assert.equal(expectations.satisfied('k'), true);
  expectations.expect('k', 1);
  expectations.forget('k');
  assert.equal(expectations.satisfied('k'), true);
});

test('batches grow 1, 2, 4 up to a limit', async () => {
  let at = 0;
  const sizes: number[] = [];
  let current = 0;
  const call = async (): Promise<void> => {
    at++;
    current++;
    await new Promise(resolve => setImmediate(resolve));
    if (current > 0) sizes.push(current);
    current = 0;
  };
  assert.deepEqual(await slowStartBatch(14, call, { limit: 4 }), { succeeded: 14, error: undefined });
  assert.equal(at, 14);
  assert.deepEqual(sizes, [1, 2, 4, 4, 3]);
});

test('a failure ends the batches, and what had begun is counted', async () => {
  const calls: number[] = [];
  const error = new Error('quota');
  const result = await slowStartBatch(100, async index => {
    calls.push(index);
    if (index === 4) throw error;
  });
  assert.deepEqual(result, { succeeded: 6, error });
  assert.equal(calls.length, 7);
  const sync = await slowStartBatch(3, () => {
    throw error;
  });
  assert.deepEqual(sync, { succeeded: 0, error });
});
