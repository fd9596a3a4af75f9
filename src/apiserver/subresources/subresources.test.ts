import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pods, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import { poddisruptionbudgets } from '../../api/generated/resources/policy.v1.ts';
import type { V1Pod } from '../../api/generated/types.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { type PolicyServer, startPolicyServer } from '../stages-testing.ts';

let policy: PolicyServer;
before(async () => {
  policy = await startPolicyServer();
  await policy.admin.create(serviceaccounts, { metadata: { name: 'default', namespace: 'default' } });
});
after(() => policy[Symbol.asyncDispose]());

const create = (name: string, labels?: Record<string, string>) =>
  policy.admin.create(pods, {
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'main', image: 'image' }] },
  });
const bind = (name: string, node: string, metadata: object = {}) =>
  policy.admin.subresource('create', pods, name, 'default', 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, ...metadata },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });

describe('binding', () => {
  it('gives a Pod its node once', async () => {
    const { metadata } = await create('bound');
    await assert.rejects(bind('bound', 'one', { uid: 'another' }), { code: 409 });
    await bind('bound', 'one', { uid: metadata.uid, annotations: { note: 'here' } });
    const pod = await policy.admin.get(pods, 'bound', 'default');
    assert.equal(pod.spec?.nodeName, 'one');
    assert.equal(pod.metadata.annotations?.note, 'here');
    const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    assert.equal(condition?.status, 'True');
    await assert.rejects(bind('bound', 'two'), {
      code: 409,
      message:
        'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "one"',
    });
    await assert.rejects(bind('missing', 'one'), { code: 404 });
    await create('by-collection');
    const answer = await policy.call(
      'POST',
      '/api/v1/namespaces/default/bindings',
      {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'by-collection' },
        target: { kind: 'Node', name: 'two' },
      },
      'admin-token',
    );
    assert.equal(answer.status, 201);
    assert.equal((await policy.admin.get(pods, 'by-collection', 'default')).spec?.nodeName, 'two');
  });
});

describe('eviction', () => {
  const evict = (name: string) =>
    policy.admin.subresource('create', pods, name, 'default', 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace: 'default' },
      deleteOptions: { gracePeriodSeconds: 0 },
    });
  const running = async (name: string): Promise<V1Pod> => {
    const pod = await create(name, { app: 'guarded' });
    return policy.admin.updateStatus(pods, {
      ...pod,
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  };

  it('takes a Pod away as long as its budget allows, and says why not', async () => {
    for (const name of ['one', 'two', 'three']) await running(name);
    const budget = await policy.admin.create(poddisruptionbudgets, {
      metadata: { name: 'guard', namespace: 'default' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'guarded' } } },
    });
    await assert.rejects(evict('one'), (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.deepEqual([error.code, error.details?.retryAfterSeconds], [429, 10]);
      assert.match(
        error.details!.causes![0]!.message!,
        /^The disruption budget guard is still being processed/,
      );
      return true;
    });
    await policy.admin.updateStatus(poddisruptionbudgets, {
      ...budget,
      status: {
        observedGeneration: budget.metadata.generation,
        disruptionsAllowed: 1,
        currentHealthy: 3,
        desiredHealthy: 2,
        expectedPods: 3,
      },
    });
    await evict('one');
    await assert.rejects(policy.admin.get(pods, 'one', 'default'), { code: 404 });
    const spent = await policy.admin.get(poddisruptionbudgets, 'guard', 'default');
    assert.equal(spent.status?.disruptionsAllowed, 0);
    assert.deepEqual(Object.keys(spent.status?.disruptedPods ?? {}), ['one']);
    await assert.rejects(evict('two'), (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 429);
      assert.equal(error.message, "Cannot evict pod as it would violate the pod's disruption budget.");
      assert.equal(
        error.details?.causes?.[0]?.message,
        'The disruption budget guard needs 2 healthy pods and has 3 currently',
      );
      return true;
    });
    await create('pending', { app: 'guarded' });
    await evict('pending');
    await assert.rejects(policy.admin.get(pods, 'pending', 'default'), { code: 404 });
  });
});
