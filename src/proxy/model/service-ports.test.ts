import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { V1Endpoint, V1EndpointSlice, V1Service } from '../../api/generated/types.ts';
import { anyCovers, disjoint, ofFamily, parseCidr } from './addresses.ts';
import { nodeFacts } from './node-facts.ts';
import { healthCheck, servicePorts } from './service-ports.ts';
import type { NodeFacts, ServicePort } from './types.ts';

const here: NodeFacts = { name: 'here', zone: 'z1', addresses: [], podCIDRs: [], eligible: true };

const service = (spec: V1Service['spec'] = {}, more: Partial<V1Service> = {}): V1Service => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1', 'fd00::1'],
    ports: [{ port: 80 }],
    ...spec,
  },
  ...more,
});

interface End {
  ip: string;
  node?: string;
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
  zones?: string[];
  nodes?: string[];
}

const endpoint = ({ ip, node = 'there', zones, nodes, ...conditions }: End): V1Endpoint => ({
  addresses: [ip],
  nodeName: node,
  conditions,
  ...(zones || nodes
    ? { hints: { forZones: zones?.map(name => ({ name })), forNodes: nodes?.map(name => ({ name })) } }
    : {}),
});

const slice = (ends: End[], more: Partial<V1EndpointSlice> = {}): V1EndpointSlice => ({
  metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: ends.map(endpoint),
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  ...more,
});

const only = (spec: V1Service['spec'], ends: End[], node = here): ServicePort => {
  const ports = servicePorts(service(spec), [slice(ends)], node, 'ipv4');
  assert.equal(ports.length, 1);
  return ports[0]!;
};
const ips = (list: readonly { address: string }[]): string => list.map(({ address }) => address).join(' ');

describe('which services', () => {
  const none = (what: string, object: V1Service): void =>
    assert.deepEqual(servicePorts(object, [slice([{ ip: '10.0.0.1' }])], here, 'ipv4'), [], what);

  test('headless, ExternalName, foreign and other-family ones are not ours', () => {
    none('headless', service({ clusterIP: 'None', clusterIPs: ['None'] }));
    none('external name', service({ type: 'ExternalName', clusterIP: '', clusterIPs: [] }));
    none('no address yet', service({ clusterIP: '', clusterIPs: [] }));
    none('IPv6 only', service({ clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] }));
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    none('foreign', service({}, { metadata: { name: 'web', namespace: 'default', labels } }));
  });

  test('each family has its own address, outward addresses and ranges', () => {
    const spec: V1Service['spec'] = {
      type: 'LoadBalancer',
      externalIPs: ['1.1.1.1', 'fd01::1'],
      loadBalancerSourceRanges: ['10.0.0.0/8', '10.1.0.0/16'],
    };
    const status = { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { ip: '3.3.3.3', ipMode: 'Proxy' }] } };
    const [four] = servicePorts(service(spec, { status }), [], here, 'ipv4');
    const [six] = servicePorts(service(spec, { status }), [], here, 'ipv6');
    assert.deepEqual(
      [four!.clusterIP, four!.externalIPs, four!.balancerIPs, four!.sourceRanges],
      ['10.96.0.1', ['1.1.1.1'], ['2.2.2.2'], ['10.0.0.0/8']],
    );
    // Ranges of the other family keep everyone of this one out.
    assert.deepEqual(
      [six!.clusterIP, six!.externalIPs, six!.sourceRanges],
      ['fd00::1', ['fd01::1'], ['::/128']],
    );
  });
});

describe('which endpoints', () => {
  const cases: [
    name: string,
    spec: V1Service['spec'],
    ends: End[],
    cluster: string,
    local: string,
    anywhere: boolean,
  ][] = [
    ['nil conditions mean ready', {}, [{ ip: '1' }], '1', '', true],
    [
      'unready ones do not count',
      {},
      [{ ip: '1', ready: false, serving: false }, { ip: '2' }],
      '2',
      '',
      true,
    ],
    ['nothing serves', {}, [{ ip: '1', ready: false, serving: false }], '', '', false],
    [
      'terminating ones serve only while none is ready',
      {},
      [{ ip: '1', ready: false, serving: true, terminating: true }],
      '1',
      '',
      true,
    ],
    [
      'a ready one ends the fallback',
      {},
      [{ ip: '1', ready: false, serving: true, terminating: true }, { ip: '2' }],
      '2',
      '',
      true,
    ],
    [
      'the fallback is chosen for Local and Cluster apart',
      { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30080 }] },
      [{ ip: '1', node: 'here', ready: false, serving: true, terminating: true }, { ip: '2' }],
      '2',
      '1',
      true,
    ],
    [
      'internal Local uses local ones alone',
      { internalTrafficPolicy: 'Local' },
      [{ ip: '1', node: 'here' }, { ip: '2' }],
      '',
      '1',
      true,
    ],
    [
      'internal Local with remote ones only is not "nobody"',
      { internalTrafficPolicy: 'Local' },
      [{ ip: '2' }],
      '',
      '',
      true,
    ],
    [
      'external Local without an outward address uses none',
      { externalTrafficPolicy: 'Local' },
      [{ ip: '1', node: 'here' }],
      '1',
      '',
      true,
    ],
    [
      'zone hints that all have',
      {},
      [
        { ip: '1', zones: ['z1'] },
        { ip: '2', zones: ['z2'] },
      ],
      '1',
      '',
      true,
    ],
    ['a missing hint makes all hints void', {}, [{ ip: '1', zones: ['z1'] }, { ip: '2' }], '1 2', '', true],
    [
      'no hint for us makes them void',
      {},
      [
        { ip: '1', zones: ['z3'] },
        { ip: '2', zones: ['z2'] },
      ],
      '1 2',
      '',
      true,
    ],
    [
      'node hints win over zone hints',
      {},
      [
        { ip: '1', zones: ['z1'], nodes: ['there'] },
        { ip: '2', zones: ['z2'], nodes: ['here'] },
      ],
      '2',
      '',
      true,
    ],
    [
      'hints of unready ones do not matter',
      {},
      [
        { ip: '1', zones: ['z1'] },
        { ip: '2', ready: false, serving: false },
      ],
      '1',
      '',
      true,
    ],
    [
      'hints never narrow Local',
      { internalTrafficPolicy: 'Local' },
      [
        { ip: '1', node: 'here', zones: ['z2'] },
        { ip: '2', node: 'here', zones: ['z1'] },
      ],
      '',
      '1 2',
      true,
    ],
  ];
  for (const [name, spec, ends, cluster, local, anywhere] of cases)
    test(name, () => {
      const found = only(spec, ends);
      assert.deepEqual([ips(found.cluster), ips(found.local), found.anywhere], [cluster, local, anywhere]);
    });

  test('slices are merged: each endpoint once, the more usable word counts, equal input in any order is equal', () => {
    const one = slice([{ ip: '10.0.0.2', ready: false, serving: false }, { ip: '10.0.0.1' }]);
    const two = slice([{ ip: '10.0.0.2', node: 'here' }, { ip: '10.0.0.3' }]);
    const [a] = servicePorts(service(), [one, two], here, 'ipv4');
    const [b] = servicePorts(service(), [two, one], here, 'ipv4');
    assert.deepEqual(a, b);
    assert.equal(ips(a!.cluster), '10.0.0.1 10.0.0.2 10.0.0.3');
    assert.equal(a!.cluster[1]!.local, true);
  });

  test('a port is matched by name and protocol, and slices may differ in its number', () => {
    const spec: V1Service['spec'] = {
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    };
    const [udp, tcp] = servicePorts(
      service(spec),
      [
        slice([{ ip: '10.0.0.1' }], { ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }] }),
        slice([{ ip: '10.0.0.2' }], { ports: [{ name: 'dns', port: 1053, protocol: 'UDP' }] }),
        slice([{ ip: '10.0.0.3' }], { ports: [{ name: 'dns-tcp', port: 53, protocol: 'UDP' }] }),
      ],
      here,
      'ipv4',
    );
    assert.deepEqual(
      udp!.cluster.map(({ port }) => port),
      [5353, 1053],
    );
    assert.deepEqual([...udp!.serving], ['10.0.0.1 5353', '10.0.0.2 1053']);
    assert.deepEqual([tcp!.cluster, tcp!.anywhere], [[], false]);
  });

  test('affinity has a default and a limit of its own', () => {
    assert.equal(only({ sessionAffinity: 'ClientIP' }, []).affinitySeconds, 10_800);
    const config = { clientIP: { timeoutSeconds: 7 } };
    assert.equal(only({ sessionAffinity: 'ClientIP', sessionAffinityConfig: config }, []).affinitySeconds, 7);
    assert.equal(only({ sessionAffinity: 'None', sessionAffinityConfig: config }, []).affinitySeconds, 0);
  });
});

test('health checks count ready local endpoints, once for both families', () => {
  const spec: V1Service['spec'] = {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32_000,
  };
  const slices = [slice([{ ip: '1', node: 'here' }, { ip: '2' }, { ip: '3', node: 'here', ready: false }])];
  assert.deepEqual(healthCheck(service(spec), slices, here), {
    service: 'default/web',
    port: 32_000,
    localEndpoints: 1,
  });
  assert.equal(healthCheck(service({ ...spec, externalTrafficPolicy: 'Cluster' }), slices, here), undefined);
});

test('addresses', () => {
  assert.deepEqual(disjoint('ipv4', ['10.1.0.0/16', '10.0.0.0/8', 'fd00::/8', 'nonsense', '192.168.0.1']), [
    '10.0.0.0/8',
    '192.168.0.1',
  ]);
  assert.ok(anyCovers(['fd00::/8'], 'fd12::ffff'));
  assert.ok(anyCovers(['::ffff:10.0.0.0/104'], '::ffff:a00:1'));
  assert.ok(!anyCovers(['10.0.0.0/8'], 'fd00::1'));
  assert.deepEqual(
    ofFamily('ipv4', ['10.0.0.1', 'x; flush ruleset', '010.0.0.1', 'fd00::1', '10.0.0.1', '']),
    ['10.0.0.1'],
  );
  for (const bad of [
    '10.0.0',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.0/33',
    '::1::',
    '1:2:3',
    'fd00::/129',
    '1:2:3:4:5:6:7:8::',
  ])
    assert.equal(parseCidr(bad), undefined, bad);
});

test('a node that is being removed is not eligible', () => {
  assert.equal(nodeFacts('n', undefined).eligible, true);
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
  assert.equal(nodeFacts('n', { spec: { taints } }).eligible, false);
  assert.equal(nodeFacts('n', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }).eligible, false);
});
