import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Container, V1Pod, V1PodSpec } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { containerAnnotations } from '../labels.ts';
import type { ProbeResults } from '../probes/probes.ts';
import type { ContainerStatus, SandboxStatus } from '../runtime.ts';
import { type PodState, planPod } from './plan.ts';

const podOf = (spec: Partial<V1PodSpec>): Stored<V1Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'd', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
});
const sandbox = (more: Partial<SandboxStatus> = {}): SandboxStatus => ({
  id: 's0',
  name: 'p',
  namespace: 'd',
  uid: 'u',
  attempt: 0,
  state: 'ready',
  createdAt: 100,
  labels: {},
  ips: ['10.0.0.1'],
  network: 'pod',
  ...more,
});
const status = (
  pod: Stored<V1Pod>,
  name: string,
  state: ContainerStatus['state'],
  more: Partial<ContainerStatus> = {},
): ContainerStatus => {
  const all = [...(pod.spec?.initContainers ?? []), ...pod.spec!.containers];
  const container = all.find(each => each.name === name)!;
  return {
    id: `${name}-id`,
    name,
    attempt: 0,
    image: 'i',
    imageRef: 'i',
    state,
    createdAt: 200,
    labels: {},
    annotations: containerAnnotations(pod, container, 0),
    startedAt: 200,
    finishedAt: state === 'exited' ? 300 : 0,
    exitCode: 0,
    reason: '',
    message: '',
    logPath: '',
    mounts: [],
    ...more,
  };
};
const fine: ProbeResults = { startup: 'success', liveness: 'success', readiness: 'success' };

/** A plan in short: what is killed, what is started. */
function plan(pod: V1Pod, state: PodState, results: Record<string, Partial<ProbeResults>> = {}): string {
  const made = planPod(pod, state, (container: V1Container) => ({ ...fine, ...results[container.name] }));
  return [
    made.killPod ? 'end' : '',
    made.createSandbox ? `sandbox ${made.attempt}` : '',
    ...made.kill.map(({ message }) => `kill: ${message}`),
    ...made.start.map(({ name }) => `start ${name}`),
  ]
    .filter(Boolean)
    .join('; ');
}

const init = (name: string, more: Partial<V1Container> = {}): V1Container => ({ name, image: 'i', ...more });

test('a new Pod: sandbox and containers; with init containers only the first of them', () => {
  const none: PodState = { sandboxes: [], containers: [] };
  assert.equal(plan(podOf({}), none), 'end; sandbox 0; start a');
  assert.equal(plan(podOf({ initContainers: [init('i1'), init('i2')] }), none), 'end; sandbox 0; start i1');
  const sidecar = init('s', { restartPolicy: 'Always' });
  assert.equal(
    plan(podOf({ initContainers: [sidecar, init('i1')] }), none),
    'end; sandbox 0; start s; start i1',
  );
  const probed = { ...sidecar, startupProbe: {} };
  assert.equal(plan(podOf({ initContainers: [probed, init('i1')] }), none), 'end; sandbox 0; start s');
});

test('nothing is to be done when all runs', () => {
  const pod = podOf({});
  assert.equal(plan(pod, { sandboxes: [sandbox()], containers: [status(pod, 'a', 'running')] }), '');
});

test('init containers one after another, and again in a new sandbox', () => {
  const pod = podOf({ initContainers: [init('i1'), init('i2')] });
  const sandboxes = [sandbox()];
  const done = status(pod, 'i1', 'exited');
  assert.equal(plan(pod, { sandboxes, containers: [status(pod, 'i1', 'running')] }), '');
  assert.equal(plan(pod, { sandboxes, containers: [done] }), 'start i2');
  assert.equal(plan(pod, { sandboxes, containers: [status(pod, 'i2', 'exited'), done] }), 'start a');
  const failed = status(pod, 'i1', 'exited', { exitCode: 1 });
  assert.equal(plan(pod, { sandboxes, containers: [failed] }), 'start i1');
  assert.equal(
    plan({ ...pod, spec: { ...pod.spec!, restartPolicy: 'Never' } }, { sandboxes, containers: [failed] }),
    'end',
  );
  const later = [sandbox({ id: 's1', attempt: 1, createdAt: 400 })];
  assert.equal(plan(pod, { sandboxes: later, containers: [status(pod, 'a', 'exited'), done] }), 'start i1');
});

test('restart policies', () => {
  for (const [restartPolicy, exitCode, wanted] of [
    ['Always', 0, 'start a'],
    ['OnFailure', 1, 'start a'],
    ['OnFailure', 0, 'end'],
    ['Never', 1, 'end'],
  ] as const) {
    const pod = podOf({ restartPolicy });
    const state = { sandboxes: [sandbox()], containers: [status(pod, 'a', 'exited', { exitCode })] };
    assert.equal(plan(pod, state), wanted, `${restartPolicy} ${exitCode}`);
  }
});

test('probes and a new image end a container', () => {
  const pod = podOf({});
  const state = { sandboxes: [sandbox()], containers: [status(pod, 'a', 'running')] };
  assert.equal(
    plan(pod, state, { a: { liveness: 'failure' } }),
    'kill: Container a failed liveness probe, will be restarted; start a',
  );
  assert.equal(
    plan(pod, state, { a: { startup: 'failure' } }),
    'kill: Container a failed startup probe, will be restarted; start a',
  );
  const changed = podOf({ containers: [{ name: 'a', image: 'new' }] });
  assert.equal(plan(changed, state), 'kill: Container a definition changed, will be restarted; start a');
  const never = podOf({ restartPolicy: 'Never' });
  assert.equal(
    plan(never, state, { a: { liveness: 'failure' } }),
    'end; kill: Container a failed liveness probe',
  );
});

test('a lost sandbox is made anew, unless the Pod is through or never restarts', () => {
  const pod = podOf({});
  const lost = [sandbox({ state: 'not-ready', ips: [] })];
  assert.equal(
    plan(pod, { sandboxes: lost, containers: [status(pod, 'a', 'exited')] }),
    'end; sandbox 1; start a',
  );
  const never = podOf({ restartPolicy: 'Never' });
  assert.equal(
    plan(never, { sandboxes: lost, containers: [status(pod, 'a', 'exited', { exitCode: 1 })] }),
    'end',
  );
  const some = podOf({ restartPolicy: 'OnFailure', containers: [init('a'), init('b')] });
  const containers = [status(some, 'a', 'exited'), status(some, 'b', 'exited', { exitCode: 1 })];
  assert.equal(plan(some, { sandboxes: lost, containers }), 'end; sandbox 1; start b');
});

test('sidecars come back by themselves, and end with the others', () => {
  const pod = podOf({ restartPolicy: 'Never', initContainers: [init('s', { restartPolicy: 'Always' })] });
  const sandboxes = [sandbox()];
  const running = status(pod, 'a', 'running');
  assert.equal(plan(pod, { sandboxes, containers: [running, status(pod, 's', 'exited')] }), 'start s');
  assert.equal(
    plan(pod, { sandboxes, containers: [status(pod, 'a', 'exited'), status(pod, 's', 'running')] }),
    'end',
  );
});
