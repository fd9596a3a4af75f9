import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1PodStatus } from '../../api/generated/types.ts';
import { statusPatch } from './status-writer.ts';

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
