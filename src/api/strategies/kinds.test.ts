// The other kinds through their life, and what holds for all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../machinery/object.ts';
import { created, type Fields, registry, updated } from './testing.ts';

test('configuration: keys, sizes, immutability, stringData', () => {
  assert.deepEqual(created('configmaps', { metadata: { name: 'c' }, data: { 'a/b': 'x' } }).wrong, [
    `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
  ]);
  assert.deepEqual(
    created('configmaps', { metadata: { name: 'c' }, data: { a: 'x'.repeat(1024 * 1024 + 1) } }).wrong,
    [': Too long: may not be more than 1048576 bytes'],
  );
  const { object } = created('secrets', {
    metadata: { name: 's' },
    stringData: { word: 'pässword' },
    immutable: true,
  });
  assert.equal(object.type, 'Opaque');
  assert.deepEqual(object.data, { word: Buffer.from('pässword').toString('base64') });
  assert.equal('stringData' in object, false);
  const changed = updated('secrets', object, next => {
    next.stringData = { word: 'other' };
  });
  assert.deepEqual(changed.wrong, ['data: Forbidden: field is immutable when `immutable` is set']);
});

test('a Namespace is labelled, active and held by its finalizer', () => {
  const { object, wrong } = created('namespaces', { metadata: { name: 'team' } });
  assert.deepEqual(wrong, []);
  assert.deepEqual(object.metadata!.labels, { 'kubernetes.io/metadata.name': 'team' });
  assert.deepEqual(object.spec, { finalizers: ['kubernetes'] });
  assert.deepEqual(object.status, { phase: 'Active' });
  assert.match(created('namespaces', { metadata: { name: 'a.b' } }).wrong.join(), /must not contain dots/);
});

test('a Node keeps the status that its kubelet registers with', () => {
  const { object } = created('nodes', {
    metadata: { name: 'n' },
    status: { capacity: { cpu: '2', memory: '4096Mi' } },
  });
  const status = object.status as { capacity: object; allocatable: object };
  assert.deepEqual(status.capacity, { cpu: '2', memory: '4Gi' });
  assert.deepEqual(status.allocatable, status.capacity);
});

test('RBAC: names are path segments, roleRef never changes', () => {
  assert.deepEqual(created('clusterroles', { metadata: { name: 'system:node' }, rules: [] }).wrong, []);
  const binding = created('rolebindings', {
    metadata: { name: 'b', namespace: 'x' },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'User', name: 'jane' },
      { kind: 'ServiceAccount', name: 'sa' },
    ],
  });
  assert.deepEqual(binding.wrong, ['subjects[1].namespace: Required value']);
  assert.equal(
    (binding.object.subjects as { apiGroup?: string }[])[0]!.apiGroup,
    'rbac.authorization.k8s.io',
  );
  const changed = updated('rolebindings', binding.object, next => {
    (next.subjects as object[]).pop();
    (next.roleRef as { name: string }).name = 'edit';
  });
  assert.deepEqual(changed.wrong, [
    'roleRef: Invalid value: {"kind":"ClusterRole","name":"edit","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
  ]);
});

test('EndpointSlices: addresses are of the type, which never changes', () => {
  const slice = (addresses: string[]) =>
    created('endpointslices', {
      metadata: { name: 'web-abc' },
      addressType: 'IPv4',
      endpoints: [{ addresses }],
      ports: [{ port: 80 }],
    });
  const good = slice(['10.1.0.1']);
  assert.deepEqual(good.wrong, []);
  assert.deepEqual(good.object.ports, [{ port: 80, name: '', protocol: 'TCP' }]);
  assert.deepEqual(slice(['127.0.0.1']).wrong, [
    'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ]);
  assert.deepEqual(slice([]).wrong, [
    'endpoints[0].addresses: Required value: must contain at least 1 address',
  ]);
  const grown = updated('endpointslices', good.object, next => {
    (next.endpoints as object[]).push({ addresses: ['10.1.0.2'] });
  });
  assert.equal(grown.object.metadata!.generation, 2);
});

test('kinds with no checks of their own must have what their schema requires', () => {
  assert.deepEqual(created('runtimeclasses', { metadata: { name: 'r' } }).wrong, ['handler: Required value']);
  assert.deepEqual(created('csidrivers', { metadata: { name: 'd' }, spec: {} }).wrong, []);
});

test('labels, annotations, owners and finalizers are checked for every kind', () => {
  const { wrong } = created('leases', {
    metadata: {
      name: 'l',
      labels: { 'bad key': 'x', good: 'bad value!' },
      finalizers: ['unqualified'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }],
    },
  });
  assert.equal(wrong.filter(text => text.startsWith('metadata.labels: ')).length, 2);
  assert.ok(wrong.includes('metadata.ownerReferences[0].uid: Invalid value: "": must not be empty'));
  assert.ok(
    wrong.includes(
      'metadata.finalizers: Invalid value: "unqualified": name is neither a standard finalizer name nor is it fully qualified',
    ),
  );
});

test('autoscaling/v1 is a view of what is stored as v2, both ways', () => {
  const v1 = registry.find('autoscaling', 'v1', 'horizontalpodautoscalers')!;
  const stored = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 5,
      minReplicas: 1,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
        {
          type: 'Resource',
          resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } },
        },
        {
          type: 'Pods',
          pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } },
        },
      ],
    },
    status: { currentReplicas: 2, desiredReplicas: 3 },
  };
  const view = v1.conversion!.fromStorage(stored as KubeObject) as Fields;
  assert.equal(view.apiVersion, 'autoscaling/v1');
  assert.equal(view.spec!.targetCPUUtilizationPercentage, 70);
  assert.deepEqual(JSON.parse(view.metadata!.annotations!['autoscaling.alpha.kubernetes.io/metrics']!), [
    { type: 'Resource', resource: { name: 'memory', targetAverageUtilization: 60 } },
    { type: 'Pods', pods: { metricName: 'hits', targetAverageValue: '10' } },
  ]);
  assert.deepEqual(v1.conversion!.toStorage(view), stored);
});

test('Events of both groups are the same objects', () => {
  const { conversion } = registry.find('events.k8s.io', 'v1', 'events')!;
  const newer = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding: { kind: 'Pod', name: 'p' },
    note: 'Started',
    reportingController: 'kubelet',
    reportingInstance: 'n',
    action: 'Starting',
    reason: 'Started',
    type: 'Normal',
  };
  const stored = conversion!.toStorage(newer as KubeObject) as Fields;
  assert.equal(stored.message, 'Started');
  assert.deepEqual(stored.involvedObject, { kind: 'Pod', name: 'p' });
  assert.deepEqual(conversion!.fromStorage(stored), newer);
  const core = registry.find('', 'v1', 'events')!;
  assert.equal(core.selectableFields['involvedObject.name']!(stored), 'p');
});

test('every kind of the registry takes an empty object through its life without falling over', () => {
  for (const { strategy, kind, apiVersion } of registry
    .all()
    .map(each => ({ ...each, apiVersion: each.version }))) {
    const object: Fields = { kind, apiVersion };
    strategy.defaults?.(object);
    strategy.prepareForCreate?.(object);
    strategy.validate?.(object);
    const next = structuredClone(object);
    strategy.prepareForUpdate?.(next, object);
    strategy.validateUpdate?.(next, object);
    strategy.prepareForStatusUpdate?.(next, object);
    strategy.validateStatusUpdate?.(next, object);
  }
  for (const { printer, kind, resource } of registry.all()) {
    const cells = printer.cells({ kind, metadata: {} }, 0);
    assert.equal(cells.length, printer.columns.length, resource);
  }
});

test('a CustomResourceDefinition must be named after what it defines, with one version to store', () => {
  const definition = (spec: object = {}) => ({
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
      ...spec,
    },
  });
  const { object, wrong } = created('customresourcedefinitions', definition());
  assert.deepEqual(wrong, []);
  assert.deepEqual(object.spec!.names, {
    plural: 'widgets',
    kind: 'Widget',
    singular: 'widget',
    listKind: 'WidgetList',
  });
  assert.deepEqual(object.spec!.conversion, { strategy: 'None' });
  assert.deepEqual(object.status, { storedVersions: ['v1'] });
  assert.deepEqual(created('customresourcedefinitions', definition({ group: 'example.org' })).wrong, [
    'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
  ]);
  const bare = [{ name: 'v1', served: true, storage: true }];
  assert.deepEqual(created('customresourcedefinitions', definition({ versions: bare })).wrong, [
    'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
  ]);
  const next = updated('customresourcedefinitions', object, each => {
    const versions = each.spec!.versions as { storage: boolean }[];
    versions[0]!.storage = false;
    versions.push({ ...structuredClone(versions[0]!), name: 'v2', storage: true } as never);
  });
  assert.deepEqual(next.wrong, []);
  assert.deepEqual(next.object.status, { storedVersions: ['v1', 'v2'] });
  assert.deepEqual(object.status, { storedVersions: ['v1'] });
});
