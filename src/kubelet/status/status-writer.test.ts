import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1PodStatus } from '../../api/generated/types.ts';
import { createFakeClient } from '../../client/fake-client.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { createTestClock } from '../../testing/clock.ts';
import { contextFor } from '../testing/bench.ts';
import { StatusWriter, statusPatch } from './status-writer.ts';

const condition = (status: string, more: object = {}) => ({ type: 'Ready', status, ...more });

test('nothing to write when all is told', () => {
  const status: V1PodStatus = { phase: 'Running', conditions: [condition('True')] };
  assert.equal(statusPatch(status, structuredClone(status)), undefined);
});

test('conditions of others are neither compared nor written', () => {
  const told: V1PodStatus = { conditions: [{ type: 'example.com/gate', status: 'True' }, condition('True')] };
  assert.equal(statusPatch(told, { conditions: [condition('True')] }), undefined);
});

test('what a condition or the status has no more is taken away by name', () => {
  const told: V1PodStatus = {
    reason: 'Evicted',
    conditions: [
      condition('False', { reason: 'ContainersNotReady', message: 'containers with unready status: [app]' }),
    ],
  };
  assert.deepEqual(statusPatch(told, { conditions: [condition('True')] }), {
    reason: null,
    conditions: [{ reason: null, message: null, type: 'Ready', status: 'True' }],
  });
});

test('addresses merge by address: those that are gone are deleted', () => {
  const told: V1PodStatus = { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] };
  assert.deepEqual(statusPatch(told, { podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.2' }] }), {
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1', $patch: 'delete' }],
  });
});

test("fields that are not the kubelet's stay", () => {
  assert.equal(statusPatch({ nominatedNodeName: 'elsewhere' }, {}), undefined);
});

test('changes during a write are written together after it; a failure is tried again', async () => {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const writer = new StatusWriter(contextFor(client, clock));
  const pod = client.seed(pods, { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [] } });
  const written: (string | undefined)[] = [];
  let failures = 1;
  client.before(async ({ verb, body }) => {
    if (verb !== 'patch') return;
    written.push((body as { status?: V1PodStatus }).status?.message);
    await Promise.resolve();
    if (failures-- > 0) throw new StatusError('ServiceUnavailable', 'not now');
  });
  writer.set(pod, { message: 'one' });
  writer.set(pod, { message: 'two' });
  await clock.settle();
  writer.set(pod, { message: 'three' });
  assert.deepEqual(written, ['one']);
  await clock.advance(1000);
  await writer.flushed(pod.metadata.uid);
  assert.deepEqual(written, ['one', 'three']);
  assert.equal(client.all(pods)[0]?.status?.message, 'three');
  // A cache that is behind brings nothing back.
  writer.observed(pod);
  await clock.settle();
  assert.equal(written.length, 2);
  writer.close();
});
