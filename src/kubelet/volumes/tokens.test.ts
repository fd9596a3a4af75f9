import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Pod } from '../../api/generated/types.ts';
import { createFakeClient } from '../../client/fake-client.ts';
import type { Stored } from '../../machinery/object.ts';
import { createTestClock } from '../../testing/clock.ts';
import { PodTokens } from './tokens.ts';

test('a token serves until four fifths of its life are over, and through a failure', async () => {
  const clock = createTestClock();
  let count = 0;
  let fails = false;
  const bodies: unknown[] = [];
  const client = {
    ...createFakeClient({ clock }),
    subresource: async (...given: unknown[]) => {
      bodies.push(given);
      if (fails) throw new Error('no answer');
      return {
        status: {
          token: `token-${++count}`,
          expirationTimestamp: new Date(clock.now() + 3_607_000).toISOString(),
        },
      } as never;
    },
  };
  const tokens = new PodTokens(client, clock);
  const pod: Stored<V1Pod> = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'd', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { serviceAccountName: 'robot', containers: [] },
  };
  assert.equal(await tokens.get(pod, undefined, 3607), 'token-1');
  assert.equal(await tokens.get(pod, undefined, 3607), 'token-1');
  assert.equal(await tokens.get(pod, 'vault', 600), 'token-2');
  const [method, , name, namespace, subresource, body] = bodies[1] as [
    string,
    unknown,
    string,
    string,
    string,
    { spec: object },
  ];
  assert.deepEqual([method, name, namespace, subresource], ['create', 'robot', 'd', 'token']);
  assert.deepEqual(body.spec, {
    audiences: ['vault'],
    expirationSeconds: 600,
    boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' },
  });
  const due = tokens.refreshAt('u')! - clock.now();
  await clock.advance(due - 1);
  assert.equal(await tokens.get(pod, undefined, 3607), 'token-1');
  await clock.advance(1);
  fails = true;
  await assert.rejects(tokens.get(pod, undefined, 3607));
  fails = false;
  assert.equal(await tokens.get(pod, undefined, 3607), 'token-3');
  tokens.forget('u');
  assert.equal(tokens.refreshAt('u'), undefined);
});
