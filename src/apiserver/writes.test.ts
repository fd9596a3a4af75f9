import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realClock } from '../platform/clock.ts';
import { permissiveStages } from './permissive.ts';
import { caller, startTestServer } from './testing.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const merge = { 'content-type': 'application/merge-patch+json' };
const apply = { 'content-type': 'application/apply-patch+yaml' };

const deployment = (name: string, replicas?: number) => ({
  metadata: { name },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'example.test/c:1' }] },
    },
  },
});

test('refusals are upstream’s Status, word for word', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  await call('POST', maps, { metadata: { name: 'a' }, data: { k: '1' } });
  const cases: [string, string, unknown, Record<string, string>, number, string][] = [
    ['POST', maps, { metadata: { name: 'a' } }, {}, 409, 'configmaps "a" already exists'],
    ['GET', `${maps}/b`, undefined, {}, 404, 'configmaps "b" not found'],
    ['GET', '/api/v1/nothings', undefined, {}, 404, 'the server could not find the requested resource'],
    ['POST', `${maps}/a`, {}, {}, 405, 'the server does not allow this method on the requested resource'],
    [
      'POST',
      maps,
      { metadata: { name: 'x', namespace: 'other' } },
      {},
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'PUT',
      `${maps}/a`,
      { metadata: { name: 'b' } },
      {},
      400,
      'the name of the object (b) does not match the name on the URL (a)',
    ],
    [
      'PUT',
      `${maps}/a`,
      { metadata: { name: 'a', resourceVersion: '1' } },
      {},
      409,
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      'POST',
      maps,
      { metadata: { name: 'r', resourceVersion: '7' } },
      {},
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'POST',
      maps,
      { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' } },
      {},
      400,
      'Secret in version "v1" cannot be handled as a ConfigMap: no kind "Secret" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      'POST',
      maps,
      '{"metadata":{"name":"dup"},"data":{"a":"1","a":"2"},"datum":{}}',
      { strict: 'yes' },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datum", duplicate field "data.a"',
    ],
    [
      'POST',
      maps,
      '',
      {},
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    [
      'POST',
      maps,
      'k8s',
      { 'content-type': 'text/html' },
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'GET',
      maps,
      undefined,
      { accept: 'application/vnd.kubernetes.protobuf' },
      406,
      'only the following media types are accepted: application/json, application/yaml',
    ],
    [
      'PATCH',
      `${maps}/a`,
      {},
      { 'content-type': 'text/plain' },
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
    ],
    [
      'PATCH',
      `${maps}/a`,
      'kind: ConfigMap',
      apply,
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'GET',
      `${maps}?fieldSelector=spec.x=1`,
      undefined,
      {},
      400,
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['DELETE', `${maps}/a`, { preconditions: { uid: 'x' } }, {}, 409, ''],
  ];
  for (const [method, path, body, { strict, ...headers }, status, message] of cases) {
    const target = strict ? `${path}?fieldValidation=Strict` : path;
    const answer = await call(method, target, body, headers);
    assert.equal(answer.status, status, `${method} ${target}: ${answer.text}`);
    assert.equal(answer.json.kind, 'Status');
    assert.equal(answer.json.code, status);
    if (message) assert.equal(answer.json.message, message);
  }
  const nowhere = await call('GET', '/nowhere');
  assert.deepEqual([nowhere.status, nowhere.text], [404, '404 page not found\n']);
});

test('a body that is too large is refused, and so is an object that the store would not take', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const large = await call('POST', maps, {
    metadata: { name: 'a' },
    data: { k: 'x'.repeat(3 * 1024 * 1024) },
  });
  assert.deepEqual([large.status, large.json.message], [413, 'Request entity too large: limit is 3145728']);
  // Over the limit of etcd but within that of a body: annotations are limited by validation, binaryData and data to 1 MiB.
  const containers = Array.from({ length: 40 }, (_, i) => ({
    name: `c${i}`,
    image: 'i',
    args: ['x'.repeat(40_000)],
  }));
  const pod = await call('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'p' },
    spec: { containers },
  });
  assert.deepEqual([pod.status, pod.json.message], [500, 'etcdserver: request is too large']);
});

test('writers that race without a resourceVersion all get through, one after the other', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  await call('POST', maps, { metadata: { name: 'a' }, data: {} });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => call('PATCH', `${maps}/a`, { data: { [`k${i}`]: 'v' } }, merge)),
  );
  assert.ok(answers.every(({ status }) => status === 200));
  const { json } = await call('GET', `${maps}/a`);
  assert.equal(Object.keys(json.data ?? {}).length, 50);
});

test('of writers that race with the same resourceVersion exactly one wins', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const made = (await call('POST', maps, { metadata: { name: 'a' }, data: {} })).json;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => call('PUT', `${maps}/a`, { ...made, data: { winner: String(i) } })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(409)]);
  const races = await Promise.all(
    Array.from({ length: 10 }, () => call('POST', maps, { metadata: { name: 'b' } })),
  );
  assert.equal(races.filter(({ status }) => status === 201).length, 1);
});

test('a write that changes nothing writes nothing', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const made = (await call('POST', deployments, deployment('a', 2))).json;
  const same = await call('PUT', `${deployments}/a`, { ...deployment('a', 2), metadata: made.metadata });
  assert.equal(same.status, 200, same.text);
  assert.equal(same.json.metadata.resourceVersion, made.metadata.resourceVersion);
  const patched = await call('PATCH', `${deployments}/a`, { spec: { replicas: 2 } }, merge);
  assert.equal(patched.json.metadata.resourceVersion, made.metadata.resourceVersion);
  const scaled = await call('PATCH', `${deployments}/a`, { spec: { replicas: 3 } }, merge);
  assert.notEqual(scaled.json.metadata.resourceVersion, made.metadata.resourceVersion);
  assert.equal(scaled.json.metadata.generation, 2);
});

test('server-side apply creates, shares, refuses what others own, and takes it by force', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const config = (data: Record<string, string>) => ({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a' },
    data,
  });
  const as = (manager: string, data: Record<string, string>, more = '') =>
    call('PATCH', `${maps}/a?fieldManager=${manager}${more}`, config(data), apply);
  assert.equal((await as('one', { k: '1' })).status, 201);
  assert.equal((await as('two', { other: '2' })).status, 200);
  const refused = await as('two', { k: '3', other: '2' });
  assert.equal(refused.status, 409);
  assert.equal(refused.json.details?.causes?.[0]?.reason, 'FieldManagerConflict');
  const taken = await as('two', { k: '3', other: '2' }, '&force=true');
  assert.deepEqual(taken.json.data, { k: '3', other: '2' });
  const left = await as('two', { k: '3' });
  assert.deepEqual(left.json.data, { k: '3' });
});

test('scale reads and writes replicas of its parent', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  await call('POST', deployments, deployment('a', 2));
  const scale = (await call('GET', `${deployments}/a/scale`)).json;
  assert.equal(scale.kind, 'Scale');
  assert.deepEqual(scale.spec, { replicas: 2 });
  assert.deepEqual(scale.status, { replicas: 0, selector: 'app=a' });
  const patched = await call('PATCH', `${deployments}/a/scale`, { spec: { replicas: 5 } }, merge);
  assert.deepEqual(patched.json.spec, { replicas: 5 });
  const { json } = await call('GET', `${deployments}/a`);
  assert.deepEqual((json as unknown as { spec: { replicas: number } }).spec.replicas, 5);
  const stale = await call('PUT', `${deployments}/a/scale`, scale);
  assert.equal(stale.status, 409);
  const negative = await call('PATCH', `${deployments}/a/scale`, { spec: { replicas: -1 } }, merge);
  assert.equal(
    negative.json.message,
    'Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  );
});

test('kinds that are made by PUT are made by PUT, others are not found', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } };
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  assert.equal((await call('PUT', `${leases}/l`, lease)).status, 201);
  const blind = await call('PUT', `${leases}/l`, lease);
  assert.equal(
    blind.json.message,
    'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
  );
  assert.equal((await call('PUT', `${maps}/none`, { metadata: { name: 'none' } })).status, 404);
});

test('both versions of an Event are one object', async () => {
  await using server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const made = await call('POST', '/api/v1/namespaces/default/events', {
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Started',
    message: 'hello',
    type: 'Normal',
    count: 2,
  });
  assert.equal(made.status, 201, made.text);
  const { json } = await call('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
  assert.equal(json.apiVersion, 'events.k8s.io/v1');
  assert.equal(json.note, 'hello');
  assert.deepEqual(json.regarding, { kind: 'Pod', name: 'p', namespace: 'default' });
  assert.equal(json.metadata.uid, made.json.metadata.uid);
});

test('mutating admission changes what is stored, validating admission sees the result, hooks roll back', async () => {
  const log: string[] = [];
  await using server = await startTestServer({
    clock: realClock,
    stages: permissiveStages({
      admission: [
        {
          name: 'Test',
          admit({ object, operation }) {
            if (operation !== 'DELETE') object!.metadata!.labels = { admitted: 'yes' };
          },
          validate({ operation, object, old }) {
            log.push(`${operation} ${object?.metadata?.labels?.admitted ?? '-'} ${old ? 'old' : 'new'}`);
          },
        },
      ],
      storageHooks: [
        {
          group: '',
          resource: 'configmaps',
          async beginCreate() {
            return { commit: () => void log.push('commit'), rollback: () => void log.push('rollback') };
          },
          afterDelete: () => void log.push('after delete'),
        },
      ],
    }),
  });
  const call = caller(server);
  const { json } = await call('POST', maps, { metadata: { name: 'a' } });
  assert.deepEqual(json.metadata.labels, { admitted: 'yes' });
  await call('POST', maps, { metadata: { name: 'a' } });
  await call('DELETE', `${maps}/a`);
  assert.deepEqual(log, [
    'CREATE yes new',
    'commit',
    'CREATE yes new',
    'rollback',
    'DELETE - old',
    'after delete',
  ]);
});
