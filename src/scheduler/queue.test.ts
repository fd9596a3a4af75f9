import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../testing/clock.ts';
import { aPodInfo, type PodSpec } from './fixtures.ts';
import type { ClusterEvent } from './framework.ts';
import { SchedulingQueue } from './queue.ts';

const fit = new Set(['Fit']);

const setUp = () => {
  const clock = createTestClock();
  let ready = 0;
  const queue = new SchedulingQueue({
    clock,
    events: new Map<string, ClusterEvent[]>([
      ['Fit', ['node-added', 'pod-deleted']],
      ['Taint', ['node-taints']],
    ]),
    ready: () => ready++,
  });
  const add = (name: string, given: PodSpec = {}): void => queue.set(aPodInfo(name, given), false);
  return { clock, queue, add, readies: () => ready };
};

test('priority first, then the order in which they came', () => {
  const { queue, add } = setUp();
  add('a');
  add('b', { spec: { priority: 10 } });
  add('c');
  add('d', { spec: { priority: 10 } });
  const order = Array.from({ length: 5 }, () => queue.pop()?.info.uid);
  assert.deepEqual(order, ['b', 'd', 'a', 'c', undefined]);
});

test('a rejected pod waits for an event that one of its rejecters cares about', async () => {
  const { clock, queue, add } = setUp();
  add('a');
  const a = queue.pop()!;
  queue.rejected(a, fit);
  assert.equal(queue.pop(), undefined);
  queue.happened('node-taints');
  queue.happened('pod-deleted', () => false);
  assert.equal(queue.counts().unschedulable, 1);
  queue.happened('pod-deleted');
  assert.equal(queue.counts().backoff, 1, 'it was tried just now');
  assert.equal(queue.pop(), a, 'but nothing else is to be done');
  queue.rejected(a, fit);
  await clock.advance(10_000);
  queue.happened('node-added');
  assert.equal(queue.counts().active, 1);
  queue.dispose();
  assert.equal(clock.pending, 0);
});

test('after an error a pod backs off for 1 s, doubling to 10 s, and others go before', async () => {
  const { clock, queue, add } = setUp();
  add('a');
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    const from = clock.monotonic();
    const a = queue.pop()!;
    queue.failed(a);
    assert.equal(queue.pop(), undefined);
    await clock.advanceUntil(() => queue.counts().active === 1);
    waits.push(clock.monotonic() - from);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('five minutes are enough for anything to have changed unseen', async () => {
  const { clock, queue, add, readies } = setUp();
  add('a');
  queue.rejected(queue.pop()!, fit);
  const before = readies();
  await clock.advance(5 * 60_000);
  assert.equal(queue.counts().unschedulable, 1);
  await clock.advance(30_000);
  assert.equal(queue.counts().active, 1);
  assert.ok(readies() > before);
  assert.equal(clock.pending, 0);
});

test('gated pods wait until their gates are gone', () => {
  const { queue, add } = setUp();
  add('a', { spec: { schedulingGates: [{ name: 'example.test/wait' }] } });
  assert.equal(queue.pop(), undefined);
  assert.equal(queue.counts().gated, 1);
  add('a');
  assert.equal(queue.pop()?.info.uid, 'a');
});

test('a pod that changed in a way that may help is tried again, one that was replaced begins anew', () => {
  const { queue, add } = setUp();
  add('a');
  const a = queue.pop()!;
  queue.rejected(a, fit);
  add('a', { cpu: '1' });
  assert.equal(queue.counts().unschedulable, 1);
  queue.set(aPodInfo('a', { cpu: '1' }), true);
  assert.equal(queue.pop(), a);
  assert.equal(a.info.requests.get('cpu'), 1000);
  assert.equal(a.attempts, 2);
  const other = { ...aPodInfo('a'), uid: 'new' };
  queue.set(other, false);
  assert.equal(queue.pop()?.attempts, 1);
  queue.rejected(a, fit);
  assert.equal(queue.counts().unschedulable, 0, 'the old one is forgotten');
});

test('a removed pod is gone from wherever it was', () => {
  const { queue, add } = setUp();
  for (const name of ['a', 'b', 'c']) add(name);
  const a = queue.pop()!;
  queue.rejected(a, fit);
  const b = queue.pop()!;
  queue.failed(b);
  for (const name of ['a', 'b', 'c']) queue.remove(`default/${name}`);
  queue.happened('node-added');
  assert.equal(queue.pop(), undefined);
  assert.deepEqual(queue.counts(), { active: 0, backoff: 0, unschedulable: 0, gated: 0 });
  queue.dispose();
});
