// What a packet from here to there must meet, for every mode: services as data, then questions as data.
import type { V1ServiceSpec } from '../../../src/api/generated/types.ts';
import type { Family } from '../../../src/proxy/model/types.ts';
import type { EndpointOf } from './cluster.ts';
import { at, type Place } from './world.ts';

type Pods = readonly ('a' | 'b' | 'c' | EndpointOf)[];

export interface Question {
  from: Place;
  /** Key of the case's `to`. */
  to: 'cluster' | 'unused' | 'nodePort' | 'otherNodePort' | 'balancer' | 'external' | 'unallocated';
  protocol?: 'tcp' | 'udp';
  /** Pods that must all answer, and no others; or how everyone is turned away. */
  expect: string;
  /** What the pod sees as the client: the client's own address, or a node's. */
  seen?: Place | 'masqueraded';
}

export interface Case {
  name: string;
  spec: (family: Family) => V1ServiceSpec;
  balancer?: { ipMode?: string };
  pods: Pods;
  questions: readonly Question[];
}

export const addresses = (family: Family) => {
  const four = family === 'ipv4';
  return {
    cluster: { host: four ? '10.96.0.10' : 'fd00:96::10', port: 80 },
    unused: { host: four ? '10.96.0.10' : 'fd00:96::10', port: 81 },
    unallocated: { host: four ? '10.96.9.9' : 'fd00:96::999', port: 80 },
    nodePort: { host: at('node1', family), port: 30080 },
    otherNodePort: { host: at('node2', family), port: 30080 },
    balancer: { host: four ? '203.0.113.10' : 'fd00:203::10', port: 80 },
    external: { host: four ? '203.0.113.99' : 'fd00:203::99', port: 80 },
  };
};

const base = (family: Family, more: V1ServiceSpec = {}): V1ServiceSpec => {
  const { cluster } = addresses(family);
  return {
    type: 'ClusterIP',
    clusterIP: cluster.host,
    clusterIPs: [cluster.host],
    ipFamilies: [family === 'ipv4' ? 'IPv4' : 'IPv6'],
    ports: [{ port: 80, protocol: 'TCP' }],
    ...more,
  };
};

const balanced = (family: Family, more: V1ServiceSpec = {}): V1ServiceSpec =>
  base(family, { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }], ...more });

const terminating = { conditions: { ready: false, serving: true, terminating: true } };
const unready = { conditions: { ready: false, serving: false, terminating: false } };

export const cases: readonly Case[] = [
  {
    name: 'a cluster IP from everywhere',
    spec: family => base(family),
    pods: ['a', 'b', 'c'],
    questions: [
      { from: 'a', to: 'cluster', expect: 'a b c' },
      { from: 'c', to: 'cluster', expect: 'a b c' },
      { from: 'node1', to: 'cluster', expect: 'a b c', seen: 'masqueraded' },
      { from: 'node2', to: 'cluster', expect: 'a b c', seen: 'masqueraded' },
      { from: 'outside', to: 'cluster', expect: 'a b c', seen: 'masqueraded' },
      { from: 'a', to: 'unused', expect: 'refused' },
      { from: 'node1', to: 'unused', expect: 'refused' },
      { from: 'a', to: 'unallocated', expect: 'timeout' },
      { from: 'node1', to: 'unallocated', expect: 'timeout' },
      { from: 'outside', to: 'nodePort', expect: 'refused' },
    ],
  },
  {
    name: 'a pod reaches others as itself, and itself as the node',
    spec: family => base(family),
    pods: ['b'],
    questions: [
      { from: 'a', to: 'cluster', expect: 'b', seen: 'a' },
      { from: 'c', to: 'cluster', expect: 'b', seen: 'c' },
      { from: 'b', to: 'cluster', expect: 'b', seen: 'masqueraded' },
    ],
  },
  {
    name: 'no endpoints: refused at once, of every address and from everywhere',
    spec: family => balanced(family, { externalIPs: [addresses(family).external.host] }),
    balancer: {},
    pods: [{ pod: 'a', ...unready }],
    questions: (['cluster', 'nodePort', 'balancer', 'external'] as const).flatMap(to => [
      { from: 'a', to, expect: 'refused' },
      { from: 'node1', to, expect: 'refused' },
      { from: 'outside', to, expect: 'refused' },
    ]),
  },
  {
    name: 'external policy Cluster: every outward address leads to all endpoints',
    spec: family => balanced(family, { externalIPs: [addresses(family).external.host] }),
    balancer: {},
    pods: ['a', 'c'],
    questions: [
      ...(['nodePort', 'balancer', 'external'] as const).flatMap(to => [
        { from: 'outside', to, expect: 'a c', seen: 'masqueraded' } as const,
        { from: 'node1', to, expect: 'a c', seen: 'masqueraded' } as const,
        { from: 'b', to, expect: 'a c', seen: 'masqueraded' } as const,
      ]),
      { from: 'outside', to: 'otherNodePort', expect: 'a c', seen: 'masqueraded' },
      { from: 'node2', to: 'nodePort', expect: 'a c' },
    ],
  },
  {
    name: 'external policy Local: local endpoints and the true source from outside, all endpoints from inside',
    spec: family =>
      balanced(family, { externalTrafficPolicy: 'Local', externalIPs: [addresses(family).external.host] }),
    balancer: {},
    pods: ['a', 'c'],
    questions: [
      ...(['nodePort', 'balancer', 'external'] as const).flatMap(to => [
        { from: 'outside', to, expect: 'a', seen: 'outside' } as const,
        { from: 'node1', to, expect: 'a c', seen: 'masqueraded' } as const,
        { from: 'b', to, expect: 'a c', seen: 'b' } as const,
      ]),
      { from: 'outside', to: 'otherNodePort', expect: 'c', seen: 'outside' },
      { from: 'a', to: 'cluster', expect: 'a c' },
    ],
  },
  {
    name: 'external policy Local without a local endpoint: dropped from outside, served inside',
    spec: family => balanced(family, { externalTrafficPolicy: 'Local' }),
    balancer: {},
    pods: ['c'],
    questions: [
      { from: 'outside', to: 'nodePort', expect: 'timeout' },
      { from: 'outside', to: 'balancer', expect: 'timeout' },
      { from: 'a', to: 'balancer', expect: 'c', seen: 'a' },
      { from: 'node1', to: 'balancer', expect: 'c', seen: 'masqueraded' },
      { from: 'outside', to: 'otherNodePort', expect: 'c', seen: 'outside' },
    ],
  },
  {
    name: 'internal policy Local: own node only, dropped without one',
    spec: family => base(family, { internalTrafficPolicy: 'Local' }),
    pods: ['b'],
    questions: [
      { from: 'a', to: 'cluster', expect: 'b' },
      { from: 'node1', to: 'cluster', expect: 'b' },
      { from: 'c', to: 'cluster', expect: 'timeout' },
    ],
  },
  {
    name: 'terminating endpoints serve while there are no ready ones, for Cluster and Local apart',
    spec: family => balanced(family, { externalTrafficPolicy: 'Local' }),
    balancer: {},
    pods: [{ pod: 'a', ...terminating }, { pod: 'b', ...unready }, 'c'],
    questions: [
      { from: 'b', to: 'cluster', expect: 'c' },
      { from: 'outside', to: 'nodePort', expect: 'a' },
      { from: 'outside', to: 'otherNodePort', expect: 'c' },
    ],
  },
  {
    name: 'source ranges hold for the balancer address alone, and before translation',
    spec: family =>
      balanced(family, {
        loadBalancerSourceRanges: [family === 'ipv4' ? '192.168.50.1/32' : 'fd00:50::1/128'],
      }),
    balancer: {},
    pods: ['a'],
    questions: [
      { from: 'outside', to: 'balancer', expect: 'a' },
      { from: 'node1', to: 'balancer', expect: 'timeout' },
      { from: 'b', to: 'balancer', expect: 'timeout' },
      { from: 'b', to: 'cluster', expect: 'a' },
      { from: 'node2', to: 'nodePort', expect: 'a' },
    ],
  },
  {
    name: 'a balancer that proxies is not short-circuited',
    spec: family => balanced(family),
    balancer: { ipMode: 'Proxy' },
    pods: ['a'],
    questions: [
      { from: 'b', to: 'cluster', expect: 'a' },
      // Routed on to the outsider, who refuses or does not know it, as the real balancer would have to answer.
      { from: 'node1', to: 'balancer', expect: 'elsewhere' },
    ],
  },
  {
    name: 'UDP',
    spec: family =>
      base(family, { type: 'NodePort', ports: [{ port: 80, protocol: 'UDP', nodePort: 30080 }] }),
    pods: ['a', 'c'],
    questions: [
      { from: 'b', to: 'cluster', protocol: 'udp', expect: 'a c' },
      { from: 'node1', to: 'cluster', protocol: 'udp', expect: 'a c' },
      { from: 'outside', to: 'nodePort', protocol: 'udp', expect: 'a c', seen: 'masqueraded' },
      { from: 'b', to: 'unused', protocol: 'udp', expect: 'refused' },
      { from: 'b', to: 'cluster', protocol: 'tcp', expect: 'refused' },
    ],
  },
];
