import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf } from '../../api/schema.ts';
import { deepFreeze } from '../freeze.ts';
import { applyStrategicPatch } from './strategic.ts';

const deployment = deepFreeze({
  metadata: { name: 'web', labels: { app: 'web' }, finalizers: ['a/x', 'b/y'] },
  spec: {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'web', image: 'web:v1', env: [{ name: 'A', value: '1' }], args: ['x'] },
          { name: 'side', image: 'side:v1' },
        ],
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'conf', configMap: { name: 'conf' } },
        ],
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'a', operator: 'Exists' }],
      },
    },
  },
});
type Deployment = typeof deployment;
const patched = (patch: object): Deployment =>
  applyStrategicPatch(deployment, deepFreeze(patch), schemaOf('V1Deployment'));
const inPod = (spec: object): object => ({ spec: { template: { spec } } });
const names = (list: readonly { name: string }[]): string[] => list.map(item => item.name);

test('set image merges the container by its name and shares the rest', () => {
  const result = patched(inPod({ containers: [{ name: 'web', image: 'web:v2' }] }));
  const [web, side] = result.spec.template.spec.containers;
  assert.deepEqual(web, { ...deployment.spec.template.spec.containers[0], image: 'web:v2' });
  assert.equal(side, deployment.spec.template.spec.containers[1]);
  assert.equal(result.metadata, deployment.metadata);
  assert.equal(result.spec.template.spec.volumes, deployment.spec.template.spec.volumes);
});

test('a patch that changes nothing gives the same object', () => {
  assert.equal(
    patched({
      spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image: 'web:v1' }] } } },
      metadata: { labels: { app: 'web' }, finalizers: ['a/x'] },
    }),
    deployment,
  );
});

test('null deletes fields, labels too', () => {
  const result = patched({ metadata: { labels: { app: null, tier: 'x' } }, spec: { strategy: null } });
  assert.deepEqual(result.metadata.labels, { tier: 'x' });
  assert.equal('strategy' in result.spec, false);
});

test('$patch: delete removes list elements, replace the whole list or map', () => {
  const deleted = patched(inPod({ containers: [{ name: 'web', $patch: 'delete' }] }));
  assert.deepEqual(names(deleted.spec.template.spec.containers), ['side']);
  const replaced = patched(inPod({ containers: [{ name: 'new', image: 'n' }, { $patch: 'replace' }] }));
  assert.deepEqual(replaced.spec.template.spec.containers, [{ name: 'new', image: 'n' }]);
  const map = patched(inPod({ nodeSelector: { $patch: 'replace', zone: 'a' } }));
  assert.deepEqual(map.spec.template.spec.nodeSelector, { zone: 'a' });
  const gone = patched(inPod({ nodeSelector: { $patch: 'delete' } }));
  assert.deepEqual(gone.spec.template.spec.nodeSelector, {});
});

test('lists without a merge strategy are replaced', () => {
  const result = patched(
    inPod({ tolerations: [{ key: 'b' }], containers: [{ name: 'web', args: ['y', 'z'] }] }),
  );
  assert.deepEqual(result.spec.template.spec.tolerations, [{ key: 'b' }]);
  assert.deepEqual(result.spec.template.spec.containers[0]!.args, ['y', 'z']);
});

test('lists of values merge as sets, and $deleteFromPrimitiveList takes away', () => {
  assert.deepEqual(patched({ metadata: { finalizers: ['c/z', 'a/x'] } }).metadata.finalizers, [
    'c/z',
    'a/x',
    'b/y',
  ]);
  assert.deepEqual(
    patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['a/x', 'none'] } }).metadata.finalizers,
    ['b/y'],
  );
});

test('$setElementOrder orders what it names, the server keeps the rest in place', () => {
  const result = patched(
    inPod({
      '$setElementOrder/containers': [{ name: 'first' }, { name: 'web' }],
      containers: [{ name: 'first', image: 'f' }],
    }),
  );
  assert.deepEqual(names(result.spec.template.spec.containers), ['first', 'web', 'side']);
  const swapped = patched(inPod({ '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }] }));
  assert.deepEqual(names(swapped.spec.template.spec.containers), ['side', 'web']);
  const finalizers = patched({
    metadata: { '$setElementOrder/finalizers': ['b/y', 'n/n', 'a/x'], finalizers: ['n/n'] },
  });
  assert.deepEqual(finalizers.metadata.finalizers, ['b/y', 'n/n', 'a/x']);
  assert.throws(
    () =>
      patched(
        inPod({
          '$setElementOrder/containers': [{ name: 'web' }],
          containers: [{ name: 'other', image: 'f' }],
        }),
      ),
    { code: 500, message: /The order in patch list:\n\[map\[image:f name:other\]\]\n doesn't match/ },
  );
});

test('$retainKeys clears the fields it does not name', () => {
  const result = patched({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } });
  assert.deepEqual(result.spec.strategy, { type: 'Recreate' });
  const volume = patched(
    inPod({ volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'data', hostPath: { path: '/d' } }] }),
  );
  assert.deepEqual(volume.spec.template.spec.volumes[0], { name: 'data', hostPath: { path: '/d' } });
  assert.throws(() => patched({ spec: { strategy: { $retainKeys: ['type'], rollingUpdate: {} } } }), {
    code: 400,
    message: 'invalid patch format of retainKeys',
  });
});

test('new parts carry neither nulls nor directives', () => {
  const result = patched(
    inPod({
      securityContext: { runAsUser: 1, fsGroup: null },
      containers: [{ name: 'new', image: 'n', env: [{ name: 'X', $patch: 'delete' }], command: null }],
    }),
  ).spec.template.spec as unknown as { securityContext: object; containers: object[] };
  assert.deepEqual(result.securityContext, { runAsUser: 1 });
  assert.deepEqual(
    result.containers.find(item => 'env' in item && (item as { name?: string }).name === 'new'),
    { name: 'new', image: 'n', env: [] },
  );
});

test('the patch that kubectl apply sends for an environment variable', () => {
  const result = patched(
    inPod({
      '$setElementOrder/containers': [{ name: 'web' }, { name: 'side' }],
      containers: [
        {
          '$setElementOrder/env': [{ name: 'B' }, { name: 'A' }],
          env: [{ name: 'B', value: '2' }],
          name: 'web',
        },
      ],
    }),
  );
  assert.deepEqual(result.spec.template.spec.containers[0]!.env, [
    { name: 'B', value: '2' },
    { name: 'A', value: '1' },
  ]);
  assert.deepEqual(names(result.spec.template.spec.containers), ['web', 'side']);
});

test('Service ports merge by their port number', () => {
  const service = { spec: { ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] } };
  assert.deepEqual(
    applyStrategicPatch(
      service,
      { spec: { ports: [{ port: 80, targetPort: 9090 }, { port: 443 }] } },
      schemaOf('V1Service'),
    ).spec.ports,
    [{ port: 80, targetPort: 9090, protocol: 'TCP' }, { port: 443 }],
  );
});

test('refusals say what upstream says', () => {
  assert.throws(() => patched(inPod({ containers: [{ image: 'x' }] })), {
    code: 500,
    message: 'map: map[image:x] does not contain declared merge key: name',
  });
  assert.throws(() => patched({ spec: { $patch: 'mangle' } }), {
    code: 500,
    message: /unknown patch type: mangle/,
  });
  assert.throws(() => applyStrategicPatch(deployment, [], schemaOf('V1Deployment')), { code: 400 });
  assert.throws(() => patched({ spec: { '$setElementOrder/nowhere': ['a'], nowhere: ['a'] } }), {
    code: 500,
    message: /unable to find api field in struct/,
  });
});
