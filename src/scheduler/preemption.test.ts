import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1PodDisruptionBudget } from '../api/generated/types.ts';
import { seededRandom } from '../machinery/random.ts';
import { defaultFilters } from './filters.ts';
import { aPodInfo, aView, type NodeSpec, type PodSpec } from './fixtures.ts';
import { findPreemption } from './preemption.ts';
import { NodeSelector } from './select-node.ts';

const run = (
  nodes: Record<string, NodeSpec>,
  there: Record<string, PodSpec>,
  budgets: V1PodDisruptionBudget[] = [],
  wanted: PodSpec = { cpu: '2', spec: { priority: 1000 } },
) => {
  const view = aView(nodes, there, { disruptionBudgets: () => budgets });
  const before = JSON.stringify(
    view.snapshot.nodes.map(({ name, usedCpu, pods }) => [name, usedCpu, [...pods.keys()].sort()]),
  );
  const pod = aPodInfo('p', wanted);
  const selection = new NodeSelector({ filters: defaultFilters, scores: [] }, seededRandom(1)).select(
    pod,
    view,
  );
  assert.ok('refusal' in selection);
  const found = findPreemption(defaultFilters, pod, view, selection.refusal);
  const after = JSON.stringify(
    view.snapshot.nodes.map(({ name, usedCpu, pods }) => [name, usedCpu, [...pods.keys()].sort()]),
  );
  assert.equal(after, before, 'the snapshot is as it was');
  return 'node' in found
    ? `${found.node.name}: ${found.victims.map(({ uid }) => uid).join(' ')}`
    : found.message;
};

const on = (node: string, cpu: string, priority: number, labels?: Record<string, string>): PodSpec => ({
  node,
  cpu,
  labels,
  spec: { priority, nodeName: node },
});
const two = { n: { cpu: '4' }, m: { cpu: '4' } };
const db = { app: 'db' };
const budget = (disruptionsAllowed: number): V1PodDisruptionBudget => ({
  metadata: { name: 'db', namespace: 'default' },
  spec: { selector: { matchLabels: db } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

test('only as many victims as are needed, the least important ones', () => {
  assert.equal(
    run({ n: { cpu: '4' } }, { a: on('n', '2', 3), b: on('n', '1', 2), c: on('n', '1', 1) }),
    'n: b c',
  );
});

test('the node whose most important victim is least important; then the fewest', () => {
  assert.equal(run(two, { a: on('n', '4', 3), b: on('m', '4', 2) }), 'm: b');
  assert.equal(
    run(two, { a: on('n', '3', 2), a2: on('n', '1', 2000), b: on('m', '1', 2), c: on('m', '3', 2) }),
    'n: a',
  );
});

test('budgets are kept where another choice is left', () => {
  const there = { a: on('n', '4', 1, db), b: on('m', '4', 500) };
  assert.equal(run(two, there), 'n: a');
  assert.equal(run(two, there, [budget(0)]), 'm: b');
  assert.equal(run(two, there, [budget(1)]), 'n: a');
  assert.equal(
    run({ n: { cpu: '4' } }, { a: on('n', '2', 1, db), b: on('n', '2', 500) }, [budget(0)]),
    'n: b',
  );
});

test('nobody of lower priority, or no use at all', () => {
  assert.equal(
    run({ n: { cpu: '4' }, m: { taints: [{ key: 'x', effect: 'NoSchedule' }] } }, { a: on('n', '4', 5000) }),
    '0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  );
});
