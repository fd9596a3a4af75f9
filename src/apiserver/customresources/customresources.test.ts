import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realClock } from '../../platform/clock.ts';
import { type Answer, caller, startTestServer } from '../testing.ts';
import { jsonPath } from './json-path.ts';

const definition = {
  metadata: { name: 'crontabs.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['cronSpec'],
                properties: {
                  cronSpec: { type: 'string', pattern: '^\\S+$' },
                  replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
                  port: { 'x-kubernetes-int-or-string': true },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  labels: { type: 'object', additionalProperties: { type: 'string' } },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const tabs = '/apis/example.test/v1/namespaces/default/crontabs';

async function until(attempt: () => Promise<Answer>, done: (answer: Answer) => boolean): Promise<Answer> {
  for (let i = 0; i < 200; i++) {
    const answer = await attempt();
    if (done(answer)) return answer;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error('it did not come to pass');
}

async function start() {
  const server = await startTestServer({ clock: realClock });
  const call = caller(server);
  const made = await call('POST', definitions, definition);
  assert.equal(made.status, 201, made.text);
  await until(
    () => call('GET', `${definitions}/crontabs.example.test`),
    ({ text }) =>
      /"type":"Established"[^}]*"status":"True"|"status":"True"[^}]*"type":"Established"/.test(text),
  );
  return { call, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('a definition is established, discovered, and its objects are pruned, defaulted and validated', async () => {
  await using under = await start();
  const { call } = under;
  const found = await call('GET', '/apis/example.test/v1');
  assert.deepEqual(
    (found.json as unknown as { resources: { name: string }[] }).resources.map(({ name }) => name),
    ['crontabs', 'crontabs/status'],
  );
  const object = {
    apiVersion: 'example.test/v1',
    kind: 'CronTab',
    metadata: { name: 'a' },
    spec: { cronSpec: '*/5', port: '80', free: { any: { thing: [1] } }, labels: { a: 'b' }, unknown: true },
    status: { written: 'not here' },
  };
  const made = await call('POST', tabs, object);
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.spec as unknown, {
    cronSpec: '*/5',
    port: '80',
    free: { any: { thing: [1] } },
    labels: { a: 'b' },
    replicas: 1,
  });
  assert.equal(made.json.status, undefined);
  assert.equal(made.headers.get('warning'), '299 - "unknown field \\"spec.unknown\\""');
  const wrong = await call('POST', tabs, {
    ...object,
    metadata: { name: 'b' },
    spec: { replicas: 99, cronSpec: 'a b' },
  });
  assert.equal(wrong.status, 422);
  assert.equal(
    wrong.json.message,
    `CronTab.example.test "b" is invalid: [spec.cronSpec: Invalid value: "a b": spec.cronSpec in body should match '^\\S+$', spec.replicas: Invalid value: 99: spec.replicas in body should be less than or equal to 10]`,
  );
  const typed = await call('POST', tabs, { ...object, metadata: { name: 'b' }, spec: { cronSpec: true } });
  assert.equal(
    typed.json.message,
    'CronTab.example.test "b" is invalid: spec.cronSpec: Invalid value: "boolean": spec.cronSpec in body must be of type string: "boolean"',
  );
  const merge = { 'content-type': 'application/merge-patch+json' };
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  assert.equal((await call('PATCH', `${tabs}/a/status`, { status }, merge)).status, 200);
  const table = await call('GET', tabs, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  assert.deepEqual((table.json as unknown as { rows: { cells: string[] }[] }).rows[0]?.cells, [
    'a',
    '*/5',
    'True',
  ]);
  const applied = await call(
    'PATCH',
    `${tabs}/a?fieldManager=me&force=true`,
    { apiVersion: 'example.test/v1', kind: 'CronTab', metadata: { name: 'a' }, spec: { labels: { c: 'd' } } },
    { 'content-type': 'application/apply-patch+yaml' },
  );
  assert.deepEqual(
    (applied.json.spec as unknown as { labels: object }).labels,
    { a: 'b', c: 'd' },
    applied.text,
  );
  const strategic = await call(
    'PATCH',
    `${tabs}/a`,
    {},
    { 'content-type': 'application/strategic-merge-patch+json' },
  );
  assert.equal(strategic.status, 415);
});

test('with a definition go its objects and its paths', async () => {
  await using under = await start();
  const { call } = under;
  await call('POST', tabs, { metadata: { name: 'a' }, spec: { cronSpec: 'x' } });
  assert.equal((await call('DELETE', `${definitions}/crontabs.example.test`)).status, 200);
  await until(
    () => call('GET', `${definitions}/crontabs.example.test`),
    ({ status }) => status === 404,
  );
  await until(
    () => call('GET', tabs),
    ({ status }) => status === 404,
  );
  await call('POST', definitions, definition);
  const empty = await until(
    () => call('GET', tabs),
    ({ status }) => status === 200,
  );
  assert.equal(empty.json.items.length, 0);
});

test('paths of columns', () => {
  const object = { spec: { a: [{ b: 1 }, { b: 2 }], 'x.y': 3 } };
  assert.equal(jsonPath('.spec.a[1].b')(object), 2);
  assert.equal(jsonPath("{.spec['x.y']}")(object), 3);
  assert.equal(jsonPath('.spec.a[?(@.b=="2")].b')(object), 2);
  assert.equal(jsonPath('.spec.none.b')(object), undefined);
});
