import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '../api/generated/resources/coordination.k8s.io.v1.ts';
import { silentLogger } from '../machinery/logger.ts';
import { seededRandom } from '../machinery/random.ts';
import { createTestClock } from '../testing/clock.ts';
import { createFakeClient } from './fake-client.ts';
import { electLeader, LeadershipLostError } from './leader.ts';

const setUp = () => {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const leaders: string[] = [];
  const run = (identity: string, seed: number, api = client) =>
    electLeader(
      { client: api, clock, random: seededRandom(seed), logger: silentLogger },
      {
        name: 'kube-scheduler',
        identity,
        lead: async signal => {
          leaders.push(identity);
          await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
          leaders.splice(leaders.indexOf(identity), 1);
        },
      },
    );
  return { clock, client, leaders, run };
};

test('one leads, and renews; a released lease goes to the next within its retry', async () => {
  const { clock, client, leaders, run } = setUp();
  const a = run('a', 1);
  await clock.settle();
  const b = run('b', 2);
  await clock.advance(60_000);
  assert.deepEqual(leaders, ['a']);
  assert.equal(b.leader, 'a');
  const [lease] = client.all(leases);
  assert.equal(lease?.metadata.namespace, 'kube-system');
  assert.deepEqual(lease?.spec, {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:01:00.000000Z',
    leaseTransitions: 0,
  });
  await a[Symbol.asyncDispose]();
  await a.ended;
  await clock.advance(5000);
  assert.deepEqual(leaders, ['b']);
  assert.equal(client.all(leases)[0]?.spec?.leaseTransitions, 1);
  await b[Symbol.asyncDispose]();
  assert.equal(client.all(leases)[0]?.spec?.holderIdentity, '');
  assert.equal(clock.pending, 0);
});

test('a leader that cannot renew stops before another may begin', async () => {
  const { clock, client, leaders, run } = setUp();
  let cut = false;
  const flaky = {
    ...client,
    get: ((...args) =>
      cut ? Promise.reject(new Error('cut off')) : client.get(...args)) as typeof client.get,
    update: ((...args) => (cut ? new Promise(() => {}) : client.update(...args))) as typeof client.update,
  };
  const a = run('a', 1, flaky);
  await clock.settle();
  const b = run('b', 2);
  await clock.advance(10_000);
  cut = true;
  const lost = assert.rejects(a.ended, LeadershipLostError);
  for (let i = 0; i < 400; i++) {
    await clock.advance(100);
    assert.ok(leaders.length <= 1, `at ${clock.monotonic()}: ${leaders.join()}`);
    if (leaders[0] === 'b') break;
  }
  assert.deepEqual(leaders, ['b']);
  await lost;
  cut = false;
  await b[Symbol.asyncDispose]();
});
