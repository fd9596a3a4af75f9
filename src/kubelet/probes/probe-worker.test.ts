import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Probe } from '../../api/generated/types.ts';
import { createTestClock } from '../../testing/clock.ts';
import type { ProbeKind } from './actions.ts';
import { ProbeWorker } from './probe-worker.ts';

function setup(kind: ProbeKind, probe: V1Probe, answers: (second: number) => boolean) {
  const clock = createTestClock();
  const began = clock.now();
  const at: number[] = [];
  const results: string[] = [];
  const failures: number[] = [];
  const elapsed = (): number => (clock.now() - began) / 1000;
  const worker = new ProbeWorker({
    kind,
    probe,
    clock,
    startedAt: began,
    initial: kind === 'liveness' ? 'success' : kind === 'readiness' ? 'failure' : 'unknown',
    run: async () => {
      at.push(elapsed());
      return { ok: answers(elapsed()), output: '' };
    },
    failed: () => failures.push(elapsed()),
    changed: () => results.push(`${elapsed()} ${worker.result}`),
  });
  return { clock, at, results, failures, worker };
}

test('the first probe comes at once, or after the initial delay, and then one each period', async () => {
  const now = setup('liveness', { periodSeconds: 5 }, () => true);
  await now.clock.advance(12_000);
  assert.deepEqual(now.at, [0, 5, 10]);
  const later = setup('liveness', { periodSeconds: 5, initialDelaySeconds: 3 }, () => true);
  await later.clock.advance(12_000);
  assert.deepEqual(later.at, [3, 8]);
});

test('liveness fails after its threshold of failures in a row', async () => {
  const { clock, results, worker } = setup(
    'liveness',
    { periodSeconds: 1, failureThreshold: 3 },
    second => second === 2,
  );
  await clock.advance(10_000);
  assert.deepEqual(results, ['5 failure']);
  assert.equal(worker.result, 'failure');
});

test('readiness comes and goes by its thresholds', async () => {
  const probe = { periodSeconds: 1, successThreshold: 2, failureThreshold: 2 };
  const { clock, results } = setup('readiness', probe, second => second < 3 || second >= 6);
  await clock.advance(8000);
  assert.deepEqual(results, ['1 success', '4 failure', '7 success']);
});

test('a server that is soon up is ready long before a period is over, and its first looks count for nothing', async () => {
  const { clock, results, failures } = setup('readiness', { periodSeconds: 10 }, second => second >= 0.25);
  await clock.advance(1000);
  assert.deepEqual(results, ['0.3 success']);
  assert.deepEqual(failures, []);
});

test('a startup probe ends with its first success', async () => {
  const { clock, at, results } = setup(
    'startup',
    { periodSeconds: 1, failureThreshold: 30 },
    second => second >= 2,
  );
  await clock.advance(10_000);
  assert.deepEqual(results, ['2 success']);
  assert.deepEqual(at, [0, 1, 2]);
});

test('nothing happens after stop', async () => {
  const { clock, at, worker } = setup('readiness', { periodSeconds: 1 }, () => true);
  await clock.advance(500);
  worker.stop();
  await clock.advance(5000);
  assert.deepEqual(at, [0]);
});
