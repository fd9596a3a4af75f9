import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Pod } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import { inDeletionOrder } from './deletion-order.ts';

const now = Date.UTC(2026, 0, 2);
const ago = (seconds: number): string => timestamp(now - seconds * 1000);

interface Facts {
  node?: string;
  phase?: string;
  readyFor?: number;
  cost?: string;
  age?: number;
  restarts?: number;
}

const pod = (name: string, facts: Facts = {}): Stored<V1Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: ago(facts.age ?? 100),
    annotations: facts.cost ? { 'controller.kubernetes.io/pod-deletion-cost': facts.cost } : {},
  },
  spec: { nodeName: facts.node, containers: [] },
  status: {
    phase: facts.phase ?? 'Running',
    conditions:
      facts.readyFor === undefined
        ? []
        : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(facts.readyFor) }],
    containerStatuses: [
      { name: 'c', image: '', imageID: '', ready: true, restartCount: facts.restarts ?? 0 },
    ],
  },
});

const ready = (name: string, more: Facts = {}) => pod(name, { node: 'n', readyFor: 100, ...more });

/** Each row: Pods in the order in which they must go. */
const rows: [what: string, Stored<V1Pod>[]][] = [
  ['without a node first', [pod('a'), pod('b', { node: 'n' })]],
  ['pending before running', [pod('a', { node: 'n', phase: 'Pending' }), pod('b', { node: 'n' })]],
  ['not ready before ready', [pod('a', { node: 'n' }), ready('b')]],
  ['cheap before dear', [ready('a', { cost: '-1' }), ready('b'), ready('c', { cost: '10' })]],
  ['a cost that is no integer is none', [ready('a', { cost: '+5', readyFor: 1 }), ready('b', { cost: '1' })]],
  ['lately ready before long ready', [ready('a', { readyFor: 10 }), ready('b', { readyFor: 10_000 })]],
  ['about as long ready: by uid', [ready('a', { readyFor: 1000 }), ready('b', { readyFor: 900 })]],
  ['often restarted before seldom', [ready('a', { restarts: 3 }), ready('b', { restarts: 1 })]],
  ['young before old', [ready('a', { age: 10 }), ready('b', { age: 10_000 })]],
];

for (const [what, expected] of rows)
  test(`goes first: ${what}`, () => {
    for (const given of [expected, expected.toReversed()])
      assert.deepEqual(
        inDeletionOrder(given, given, now).map(({ metadata }) => metadata.name),
        expected.map(({ metadata }) => metadata.name),
      );
  });

test('goes first: of the node with most Pods of the Deployment, those of its other ReplicaSets included', () => {
  const [a, b] = [ready('a', { node: 'one' }), ready('b', { node: 'two' })];
  const related = [a, b, ready('other', { node: 'two' })];
  assert.deepEqual(
    inDeletionOrder([a, b], related, now).map(({ metadata }) => metadata.name),
    ['b', 'a'],
  );
});
