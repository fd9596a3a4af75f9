import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf } from '../../../api/schema.ts';
import { deepFreeze } from '../../freeze.ts';
import type { KubeObject } from '../../object.ts';
import { type TrackOptions, trackUpdate } from './track.ts';

const by = (manager: string, more: Partial<TrackOptions> = {}): TrackOptions => ({
  schema: schemaOf('V1Deployment'),
  apiVersion: 'apps/v1',
  manager,
  now: 0,
  ignored: more.subresource ? [] : [['status']],
  ...more,
});

const deployment = deepFreeze({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', labels: { app: 'web' }, generation: 1 },
  spec: {
    replicas: 1,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'web:v1',
            resources: {},
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            env: [{ name: 'A', value: '1' }],
          },
        ],
        securityContext: {},
        restartPolicy: 'Always',
      },
    },
  },
  status: {},
} as KubeObject);

const at = (object: KubeObject, manager: string, operation = 'Update') =>
  object.metadata?.managedFields?.find(each => each.manager === manager && each.operation === operation);

const created = deepFreeze(trackUpdate(undefined, deployment, by('kubectl-create')));

test("a creation owns everything but what the server fills in, in upstream's form", () => {
  assert.deepEqual(created.metadata?.managedFields, [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: '1970-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:revisionHistoryLimit': {},
          'f:selector': {},
          'f:strategy': {
            'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
            'f:type': {},
          },
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': {
                  '.': {},
                  'f:env': {
                    '.': {},
                    'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} },
                  },
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    '.': {},
                    'k:{"containerPort":80,"protocol":"TCP"}': {
                      '.': {},
                      'f:containerPort': {},
                      'f:protocol': {},
                    },
                  },
                  'f:resources': {},
                },
              },
              'f:restartPolicy': {},
              'f:securityContext': {},
            },
          },
        },
      },
    },
  ]);
});

test('who changes a field takes it, and with the last field the entry goes', () => {
  const scaled = deepFreeze(
    trackUpdate(
      created,
      { ...created, spec: { ...(created as unknown as { spec: object }).spec, replicas: 3 } } as KubeObject,
      by('kubectl-scale', { now: 5000 }),
    ),
  );
  assert.deepEqual(at(scaled, 'kubectl-scale')?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
  assert.equal(at(scaled, 'kubectl-scale')?.time, '1970-01-01T00:00:05Z');
  assert.equal(JSON.stringify(at(scaled, 'kubectl-create')?.fieldsV1).includes('f:replicas'), false);
  const spec = { ...(scaled as unknown as { spec: object }).spec, replicas: 9 };
  const back = trackUpdate(scaled, { ...scaled, spec } as KubeObject, by('other'));
  assert.equal(at(back, 'kubectl-scale'), undefined);
  assert.deepEqual(at(back, 'other')?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
});

test('an update that changes nothing, or only what nobody owns, gives the very same object', () => {
  assert.equal(trackUpdate(created, created, by('someone', { now: 9000 })), created);
  const next = { ...created, metadata: { ...created.metadata, resourceVersion: '7', generation: 2 } };
  assert.equal(trackUpdate(created, next, by('someone', { now: 9000 })), next);
});

test('the status endpoint has an entry of its own, and keeps to the stored managers', () => {
  const status = { availableReplicas: 1, conditions: [{ type: 'Available', status: 'True' }] };
  const object = { ...created, metadata: { ...created.metadata, managedFields: [] }, status } as KubeObject;
  const result = trackUpdate(
    created,
    object,
    by('kube-controller-manager', { subresource: 'status', ignored: [['spec']] }),
  );
  const entry = at(result, 'kube-controller-manager');
  assert.equal(entry?.subresource, 'status');
  assert.deepEqual(entry?.fieldsV1, {
    'f:status': {
      'f:availableReplicas': {},
      'f:conditions': {
        '.': {},
        'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} },
      },
    },
  });
  assert.ok(at(result, 'kubectl-create'));
});

test('managedFields that are left out are kept, an empty list forgets them for good', () => {
  const bare = { ...created, metadata: { ...created.metadata, managedFields: undefined } } as KubeObject;
  assert.deepEqual(
    trackUpdate(created, bare, by('x')).metadata?.managedFields,
    created.metadata?.managedFields,
  );
  for (const reset of [[], [{}]]) {
    const emptied = { ...created, metadata: { ...created.metadata, managedFields: reset } } as KubeObject;
    const result = trackUpdate(created, emptied, by('x'));
    assert.equal(result.metadata?.managedFields, undefined);
    const later = { ...result, metadata: { ...result.metadata, labels: { a: 'b' } } };
    assert.equal(trackUpdate(result, later, by('x')).metadata?.managedFields, undefined);
  }
});

test('malformed managedFields of a client are ignored for the stored ones', () => {
  const bad = [
    {
      manager: 'x',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { oops: {} },
    },
  ];
  const object = { ...created, metadata: { ...created.metadata, managedFields: bad } } as KubeObject;
  assert.deepEqual(
    trackUpdate(created, object, by('x')).metadata?.managedFields,
    created.metadata?.managedFields,
  );
});

test('beyond ten managers by update the oldest become ancient-changes', () => {
  let object: KubeObject = trackUpdate(undefined, { ...deployment, metadata: { name: 'web' } }, by('m0'));
  object = { ...object, metadata: { ...object.metadata, uid: 'u' } };
  for (let i = 1; i <= 15; i++) {
    const annotations = { ...object.metadata?.annotations, [`a${i}`]: 'x' };
    const next = { ...object, metadata: { ...object.metadata, annotations } };
    object = trackUpdate(object, next, by(`m${i}`, { now: i * 1000 }));
  }
  const entries = object.metadata?.managedFields ?? [];
  assert.equal(entries.length, 10);
  assert.ok(at(object, 'ancient-changes'));
  assert.ok(at(object, 'm15'));
  assert.equal(at(object, 'm3'), undefined);
  assert.ok(JSON.stringify(at(object, 'ancient-changes')?.fieldsV1).includes('f:a3'));
});
