import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, namespaces } from '../api/generated/resources/core.v1.ts';
import { isNotFound } from '../machinery/status-error.ts';
import { tooManyRequests } from '../machinery/status-errors.ts';
import { createTestClock } from '../testing/clock.ts';
import { clientCases } from './client-cases.ts';
import { createFakeClient } from './fake-client.ts';

clientCases('fake', async () => {
  const client = createFakeClient({ clock: createTestClock() });
  client.seed(namespaces, { metadata: { name: 'default' } });
  return {
    client,
    compact: async () => client.breakWatches({ expire: true }),
    async [Symbol.asyncDispose]() {},
  };
});

test('hooks can refuse, requests are recorded, given objects cannot be changed', async () => {
  const client = createFakeClient({ clock: createTestClock() });
  const made = client.seed(configmaps, { metadata: { name: 'a' }, data: { k: 'v' } });
  assert.throws(() => {
    made.data!.k = 'w';
  }, TypeError);
  const remove = client.before(({ verb }) => {
    if (verb === 'get') throw tooManyRequests('slow down', 1);
  });
  await assert.rejects(client.get(configmaps, 'a', 'default'), /slow down/);
  remove();
  await client.get(configmaps, 'a', 'default');
  await assert.rejects(client.get(configmaps, 'b', 'default'), isNotFound);
  assert.deepEqual(
    client.requests.map(({ verb, name }) => `${verb} ${name}`),
    ['get a', 'get a', 'get b'],
  );
});
