import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf } from '../../../api/schema.ts';
import { deepFreeze } from '../../freeze.ts';
import type { KubeObject } from '../../object.ts';
import { StatusError } from '../../status-error.ts';
import { type ApplyOptions, applyConfiguration } from './apply.ts';
import { trackUpdate } from './track.ts';

// Objects of tests are read freely.
// biome-ignore lint/suspicious/noExplicitAny: the shape of what a test looks at changes from line to line
type Loose = any;

const options = (manager: string, force = false): ApplyOptions => ({
  schema: schemaOf('V1Deployment'),
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  manager,
  now: 0,
  force,
  ignored: [['status']],
});

const config = (spec: object, metadata: object = {}): KubeObject =>
  deepFreeze({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec,
  } as KubeObject);

/** What storing does between two writes. */
const stored = (object: KubeObject): KubeObject =>
  deepFreeze({ ...object, metadata: { ...object.metadata, uid: 'u1' } });

const apply = (live: KubeObject | undefined, applied: KubeObject, manager: string, force = false): Loose =>
  stored(applyConfiguration(live, applied, options(manager, force)));
const update = (live: KubeObject, change: (object: Loose) => void, manager: string): Loose => {
  const object = structuredClone(live);
  change(object);
  return stored(trackUpdate(live, object, { ...options(manager) }));
};
const entry = (object: KubeObject, manager: string) =>
  object.metadata?.managedFields?.find(each => each.manager === manager);
const pod = (...containers: object[]): object => ({ template: { spec: { containers } } });

test('an apply owns what it says and nothing else', () => {
  const object = apply(
    undefined,
    config({ replicas: 1, ...pod({ name: 'a', image: 'x' }) }, { labels: { l: '1' } }),
    'me',
  );
  assert.deepEqual(entry(object, 'me'), {
    manager: 'me',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    time: '1970-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { 'f:l': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:template': {
          'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
        },
      },
    },
  });
});

test('what an applier leaves out goes, unless someone else has it too', () => {
  const first = apply(
    undefined,
    config({ replicas: 1, minReadySeconds: 2, paused: true }, { labels: { a: '1', b: '2' } }),
    'me',
  );
  const shared = apply(first, config({ minReadySeconds: 2 }), 'you');
  const second = apply(shared, config({ replicas: 1 }, { labels: { a: '1' } }), 'me');
  assert.deepEqual(second.spec, { minReadySeconds: 2, replicas: 1 });
  assert.deepEqual(second.metadata.labels, { a: '1' });
  assert.deepEqual(entry(second, 'you')?.fieldsV1, { 'f:spec': { 'f:minReadySeconds': {} } });
  const none = apply(second, config({}), 'me');
  assert.equal(none.spec.replicas, undefined);
  assert.equal(none.metadata.labels, undefined);
});

test("what defaulting or another's update added stays", () => {
  const first = apply(undefined, config(pod({ name: 'a', image: 'x' })), 'me');
  const defaulted = update(
    first,
    object => {
      object.spec.template.spec.containers[0].imagePullPolicy = 'Always';
      object.spec.template.spec.containers.push({ name: 'injected', image: 'i' });
    },
    'injector',
  );
  const second = apply(defaulted, config(pod({ name: 'a', image: 'y' })), 'me');
  assert.deepEqual(second.spec.template.spec.containers, [
    { name: 'a', image: 'y', imagePullPolicy: 'Always' },
    { name: 'injected', image: 'i' },
  ]);
});

test('a conflict is refused with its field and manager', () => {
  const first = apply(undefined, config({ replicas: 1 }), 'me');
  assert.throws(
    () => apply(first, config({ replicas: 2 }), 'you'),
    (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 409);
      assert.equal(error.reason, 'Conflict');
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "me": .spec.replicas');
      assert.deepEqual(error.details, {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.spec.replicas' }],
      });
      return true;
    },
  );
});

test('conflicts with several managers are told one by one', () => {
  let object = apply(undefined, config({ ...pod({ name: 'a', image: 'x' }) }), 'me');
  object = update(object, each => (each.spec.replicas = 3), 'kubectl-scale');
  assert.throws(() => apply(object, config({ replicas: 2, ...pod({ name: 'a', image: 'y' }) }), 'you'), {
    message:
      'Apply failed with 2 conflicts: conflicts with "kubectl-scale" using apps/v1:\n- .spec.replicas\nconflicts with "me":\n- .spec.template.spec.containers[name="a"].image',
  });
  const forced = apply(object, config({ replicas: 2, ...pod({ name: 'a', image: 'y' }) }), 'you', true);
  assert.equal(forced.spec.replicas, 2);
  assert.equal(entry(forced, 'kubectl-scale'), undefined);
  assert.equal(JSON.stringify(entry(forced, 'me')?.fieldsV1).includes('f:image'), false);
});

test('the same value is shared without conflict, and an update takes it from both', () => {
  const first = apply(undefined, config({ replicas: 2 }), 'me');
  const second = apply(first, config({ replicas: 2 }), 'you');
  assert.ok(entry(second, 'me') && entry(second, 'you'));
  const third = update(second, object => (object.spec.replicas = 5), 'scaler');
  assert.equal(entry(third, 'me'), undefined);
  assert.deepEqual(entry(third, 'scaler')?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
});

test('atomic fields change hands as a whole, sets and keyed lists item by item', () => {
  const selector = (app: string) => ({ selector: { matchLabels: { app } } });
  const first = apply(undefined, config(selector('a'), { finalizers: ['a/a'] }), 'me');
  assert.deepEqual(entry(first, 'me')?.fieldsV1, {
    'f:metadata': { 'f:finalizers': { 'v:"a/a"': {} } },
    'f:spec': { 'f:selector': {} },
  });
  assert.throws(() => apply(first, config(selector('b')), 'you'), { message: /: \.spec\.selector$/ });
  const second = apply(first, config({}, { finalizers: ['b/b'] }), 'you');
  assert.deepEqual(second.metadata.finalizers, ['a/a', 'b/b']);
  const third = apply(second, config({}), 'me');
  assert.deepEqual(third.metadata.finalizers, ['b/b']);
});

test('applied items come in the order of the configuration', () => {
  const c = (...names: string[]) => config(pod(...names.map(name => ({ name, image: 'x' }))));
  const names = (object: Loose): string[] =>
    object.spec.template.spec.containers.map((each: { name: string }) => each.name);
  const first = apply(undefined, c('a', 'b', 'c'), 'me');
  assert.deepEqual(names(apply(first, c('c', 'a', 'b'), 'me')), ['c', 'a', 'b']);
  const other = apply(first, c('x', 'c'), 'you');
  assert.deepEqual(names(other), ['a', 'b', 'x', 'c']);
  assert.deepEqual(names(apply(other, c('b', 'd'), 'me')), ['b', 'x', 'c', 'd']);
});

test('a key left out of a list item is its default', () => {
  const port = (more: object) => config(pod({ name: 'a', ports: [{ containerPort: 80, ...more }] }));
  const first = apply(undefined, port({ protocol: 'TCP', name: 'web' }), 'me');
  const second = apply(first, port({ name: 'web' }), 'you');
  assert.equal(second.spec.template.spec.containers[0].ports.length, 1);
  assert.ok(
    JSON.stringify(entry(second, 'you')?.fieldsV1).includes(
      'k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}',
    ),
  );
});

test('applying the same again changes nothing, not even the time', () => {
  const applied = config({ replicas: 1 }, { labels: { a: '1' } });
  const first = apply(undefined, applied, 'me');
  const again = applyConfiguration(first, applied, { ...options('me'), now: 60_000 });
  assert.equal(again, first);
});

test('the first apply to an object that nobody tracked', () => {
  const live = stored(config({ replicas: 1, paused: true }));
  assert.throws(() => apply(live, config({ replicas: 2 }), 'me'), {
    message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
  });
  const object = apply(live, config({ paused: true }), 'me');
  assert.ok(entry(object, 'before-first-apply'));
});

test('from kubectl apply on the client to kubectl apply on the server without a conflict', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const applied = config({ replicas: 1, ...pod({ name: 'a', image: 'x' }) });
  const annotated = structuredClone(applied) as Loose;
  annotated.metadata.annotations = { [annotation]: `${JSON.stringify(applied)}\n` };
  const live = stored(trackUpdate(undefined, deepFreeze(annotated), options('kubectl-client-side-apply')));
  const result = apply(live, config({ replicas: 2, ...pod({ name: 'a', image: 'x' }) }), 'kubectl');
  assert.equal(result.spec.replicas, 2);
  assert.equal(JSON.parse(result.metadata.annotations[annotation]).spec.replicas, 2);
  assert.throws(() => apply(live, config({ replicas: 2 }), 'someone'), { code: 409 });
  const scaled = update(live, object => (object.spec.replicas = 7), 'kubectl-scale');
  assert.throws(() => apply(scaled, config({ replicas: 2 }), 'kubectl'), {
    message: /conflict with "kubectl-scale"/,
  });
});

test('configurations that do not fit are refused as upstream refuses them', () => {
  const refuse = (applied: unknown) => () => applyConfiguration(undefined, applied, options('me'));
  assert.throws(refuse({ apiVersion: 'v1', kind: 'Pod' }), {
    code: 400,
    message: 'invalid object type: /v1, Kind=Pod',
  });
  assert.throws(refuse(config({}, { managedFields: [] })), {
    code: 400,
    message: 'metadata.managedFields must be nil',
  });
  const failed = 'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): ';
  assert.throws(refuse(config({ replica: 1 })), {
    code: 500,
    message: `${failed}.spec.replica: field not declared in schema`,
  });
  assert.throws(refuse(config({ replicas: 'x' })), {
    message: `${failed}.spec.replicas: expected numeric (int or float), got string`,
  });
  assert.throws(refuse(config(pod({ name: 'a' }, { name: 'a' }))), {
    message: `${failed}.spec.template.spec.containers: duplicate entries for key [name="a"]`,
  });
  assert.throws(refuse(config(pod({ image: 'a' }))), { message: /omits all key fields \["name"\]/ });
});
