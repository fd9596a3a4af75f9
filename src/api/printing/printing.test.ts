// What `kubectl get` shows of objects in the states that people look at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../machinery/object.ts';
import { createRegistry } from '../builtins.ts';
import { type IncludeObject, tableText } from './table.ts';

const registry = createRegistry();
const now = Date.parse('2026-01-01T01:00:00Z');

interface Table {
  metadata: object;
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[]; object?: object }[];
}

const tableOf = (
  registration: Parameters<typeof tableText>[0],
  object: KubeObject,
  include: IncludeObject = 'Metadata',
): Table =>
  JSON.parse(
    tableText(
      registration,
      [{ object, derive: (_, make) => make() }],
      { resourceVersion: '7' },
      { version: 'v1', include, now, headers: true },
    ),
  );

const created = '2026-01-01T00:00:00Z';

/** The row of an object as `name: cell`, with columns' names. */
function row(resource: string, object: object, version?: string): Record<string, unknown> {
  const registration = registry
    .all()
    .find(each => each.resource === resource && (!version || each.version === version))!;
  const withAge = {
    ...object,
    metadata: { name: 'x', creationTimestamp: created, ...(object as KubeObject).metadata },
  };
  const table = tableOf(registration, withAge as KubeObject);
  return Object.fromEntries(
    table.columnDefinitions.map((column, index) => [column.name, table.rows[0]!.cells[index]]),
  );
}

const status = (fields: object) => ({
  name: 'c',
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  ...fields,
});

test('the status of a Pod, from its first moment to its last', () => {
  const spec = {
    containers: [{ name: 'c' }],
    initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }],
  };
  const cases: [object, string, string, string][] = [
    [{ spec: { containers: [{}] }, status: { phase: 'Pending' } }, '0/1', 'Pending', '0'],
    [
      {
        spec,
        status: { phase: 'Pending', initContainerStatuses: [status({ name: 'i', state: { running: {} } })] },
      },
      '0/2',
      'Init:0/2',
      '0',
    ],
    [
      {
        spec,
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            status({ name: 'i', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
          ],
        },
      },
      '0/2',
      'Init:CrashLoopBackOff',
      '2',
    ],
    [
      {
        spec,
        status: {
          phase: 'Running',
          conditions: [{ type: 'Initialized', status: 'True' }],
          initContainerStatuses: [
            status({ name: 'i', restartCount: 4, state: { terminated: { exitCode: 0 } } }),
            status({ name: 's', ready: true, started: true, restartCount: 1, state: { running: {} } }),
          ],
          containerStatuses: [
            status({
              ready: true,
              restartCount: 2,
              state: { running: {} },
              lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:59:55Z' } },
            }),
          ],
        },
      },
      '2/2',
      'Running',
      '3 (5s ago)',
    ],
    [
      {
        spec: { containers: [{}] },
        status: {
          phase: 'Failed',
          containerStatuses: [status({ state: { terminated: { exitCode: 2, reason: 'Error' } } })],
        },
      },
      '0/1',
      'Error',
      '0',
    ],
    [
      {
        spec: { containers: [{}] },
        status: {
          phase: 'Succeeded',
          containerStatuses: [status({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })],
        },
      },
      '0/1',
      'Completed',
      '0',
    ],
    [
      {
        metadata: { deletionTimestamp: created },
        spec: { containers: [{}] },
        status: { phase: 'Running', containerStatuses: [status({ ready: true, state: { running: {} } })] },
      },
      '1/1',
      'Terminating',
      '0',
    ],
    [
      {
        spec: { containers: [{}], schedulingGates: [{ name: 'g' }] },
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        },
      },
      '0/1',
      'SchedulingGated',
      '0',
    ],
  ];
  for (const [object, ready, reason, restarts] of cases) {
    const cells = row('pods', object);
    assert.deepEqual(
      [cells.Ready, cells.Status, cells.Restarts, cells.Age],
      [ready, reason, restarts, '60m'],
    );
  }
});

test('Services show where they answer', () => {
  const show = (spec: object, state: object = {}) => {
    const cells = row('services', { spec, status: state });
    return [cells.Type, cells['Cluster-IP'], cells['External-IP'], cells['Port(s)'], cells.Selector];
  };
  assert.deepEqual(
    show({ type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ port: 443, protocol: 'TCP' }] }),
    ['ClusterIP', '10.96.0.1', '<none>', '443/TCP', '<none>'],
  );
  assert.deepEqual(
    show({
      type: 'NodePort',
      clusterIP: '10.96.0.2',
      clusterIPs: ['10.96.0.2'],
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 53, nodePort: 30053, protocol: 'UDP' },
      ],
      selector: { b: '2', a: '1' },
    }),
    ['NodePort', '10.96.0.2', '<none>', '80:30080/TCP,53:30053/UDP', 'a=1,b=2'],
  );
  const balanced = { type: 'LoadBalancer', clusterIP: '10.96.0.3', ports: [{ port: 80, protocol: 'TCP' }] };
  assert.equal(show(balanced)[2], '<pending>');
  assert.equal(show(balanced, { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } })[2], '192.0.2.1');
  assert.deepEqual(show({ type: 'ExternalName', externalName: 'example.com' }).slice(0, 4), [
    'ExternalName',
    '<none>',
    'example.com',
    '<none>',
  ]);
  assert.equal(show({ type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] })[1], 'None');
});

test('endpoints are cut after three', () => {
  const endpoints = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ addresses: [`10.1.0.${index + 1}`] }));
  const slice = (count: number) =>
    row('endpointslices', { addressType: 'IPv4', ports: [{ port: 80 }], endpoints: endpoints(count) });
  assert.deepEqual(slice(2), {
    Name: 'x',
    AddressType: 'IPv4',
    Ports: '80',
    Endpoints: '10.1.0.1,10.1.0.2',
    Age: '60m',
  });
  assert.equal(slice(5).Endpoints, '10.1.0.1,10.1.0.2,10.1.0.3 + 2 more...');
  assert.equal(slice(0).Endpoints, '<unset>');
  const old = { subsets: [{ addresses: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }] }] };
  assert.equal(row('endpoints', old).Endpoints, '10.1.0.1:80,[fd00::1]:80');
});

test('workloads show their progress', () => {
  const spec = {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:2' },
        ],
      },
    },
  };
  assert.deepEqual(
    row('deployments', { spec, status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 } }),
    {
      Name: 'x',
      Ready: '1/3',
      'Up-to-date': 2,
      Available: 1,
      Age: '60m',
      Containers: 'a,b',
      Images: 'a:1,b:2',
      Selector: 'app=web',
    },
  );
  const job = (fields: object, state: object = {}) => {
    const cells = row('jobs', { spec: fields, status: { startTime: created, ...state } });
    return [cells.Status, cells.Completions, cells.Duration];
  };
  assert.deepEqual(job({ completions: 3 }, { succeeded: 1 }), ['Running', '1/3', '60m']);
  const done = {
    succeeded: 1,
    completionTime: '2026-01-01T00:00:30Z',
    conditions: [{ type: 'Complete', status: 'True' }],
  };
  assert.deepEqual(job({ completions: 1 }, done), ['Complete', '1/1', '30s']);
  assert.deepEqual(job({ parallelism: 4 }), ['Running', '0/1 of 4', '60m']);
  const autoscaler = {
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 5,
      minReplicas: 2,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
    },
    status: { currentReplicas: 2 },
  };
  const cells = row('horizontalpodautoscalers', autoscaler, 'v2');
  assert.deepEqual(
    [cells.Reference, cells.Targets, cells.MinPods],
    ['Deployment/web', 'cpu: <unknown>/80%', '2'],
  );
});

test('Nodes and Events', () => {
  const node = row('nodes', {
    metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/a': '' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.2' }],
      nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian' },
    },
  });
  assert.deepEqual(
    [node.Status, node.Roles, node.Version, node['Internal-IP'], node['External-IP'], node['Kernel-Version']],
    ['Ready,SchedulingDisabled', 'a,control-plane', 'v1.36.0', '10.0.0.2', '<none>', '<unknown>'],
  );
  const event = row('events', {
    involvedObject: { kind: 'Pod', name: 'web' },
    reason: 'Started',
    message: ' Started container \n',
    type: 'Normal',
    source: { component: 'kubelet', host: 'n' },
    firstTimestamp: created,
    lastTimestamp: '2026-01-01T00:59:00Z',
    count: 4,
  });
  assert.deepEqual(
    [event['Last Seen'], event['First Seen'], event.Object, event.Source, event.Message, event.Count],
    ['60s', '60m', 'pod/web', 'kubelet, n', 'Started container', 4],
  );
});

test('a Table holds what the client asked for of each object', () => {
  const registration = registry.find('', 'v1', 'configmaps')!;
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } };
  const of = (include?: IncludeObject) => tableOf(registration, object, include);
  assert.deepEqual(of().metadata, { resourceVersion: '7' });
  assert.deepEqual(of().rows[0]!.object, {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { name: 'c' },
  });
  assert.deepEqual(of('Object').rows[0]!.object, object);
  assert.equal('object' in of('None').rows[0]!, false);
  assert.equal(of().rows[0]!.cells[2], '<unknown>');
});
