// Objects for the tests of this folder.
import type { V1EndpointSlice, V1Service, V1ServiceSpec } from '../api/generated/types.ts';
import { ClusterRecords } from './records.ts';
import type { Zone } from './zone.ts';

export const service = (name: string, spec: V1ServiceSpec, namespace = 'default'): V1Service => ({
  metadata: { name, namespace },
  spec,
});

interface SliceEndpoint {
  address: string;
  hostname?: string;
  ready?: boolean;
}

export const slice = (
  of: string,
  endpoints: SliceEndpoint[],
  ports: V1EndpointSlice['ports'] = [{ name: 'http', port: 80, protocol: 'TCP' }],
  namespace = 'default',
): V1EndpointSlice => ({
  metadata: { name: `${of}-1`, namespace, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: endpoints.map(({ address, hostname, ready }) => ({
    addresses: [address],
    ...(hostname ? { hostname } : {}),
    conditions: { ready: ready ?? true },
  })),
  ports,
});

/** A cluster with one service of each sort. */
export function exampleRecords(): ClusterRecords {
  const records = new ClusterRecords();
  for (const name of ['default', 'kube-system']) records.setNamespace(name, true);
  const add = (each: V1Service): void =>
    records.setService(`${each.metadata?.namespace}/${each.metadata?.name}`, each);
  add(
    service('web', {
      clusterIP: '10.96.1.1',
      clusterIPs: ['10.96.1.1'],
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
  );
  add(
    service('dual', { clusterIP: '10.96.1.2', clusterIPs: ['10.96.1.2', 'fd00::12'], ports: [{ port: 80 }] }),
  );
  add(service('db', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }));
  add(service('empty', { clusterIP: 'None', ports: [{ port: 80 }] }));
  add(service('ext', { type: 'ExternalName', externalName: 'www.example.org.' }));
  add(service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }));
  add(service('ring', { type: 'ExternalName', externalName: 'ring.default.svc.cluster.local' }));
  add(
    service(
      'kube-dns',
      {
        clusterIP: '10.96.0.10',
        clusterIPs: ['10.96.0.10'],
        ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
      },
      'kube-system',
    ),
  );
  records.setSlice('default/web-1', slice('web', [{ address: '10.244.0.9' }]));
  records.setSlice(
    'default/db-1',
    slice('db', [
      { address: '10.244.0.5', hostname: 'db-0' },
      { address: '10.244.0.6' },
      { address: '10.244.0.7', ready: false },
    ]),
  );
  return records;
}

export const exampleZone = (records: ClusterRecords = exampleRecords()): Zone => ({
  records,
  domain: 'cluster.local',
  addresses: ['10.96.0.10'],
  synced: () => true,
  serial: () => 42,
});
