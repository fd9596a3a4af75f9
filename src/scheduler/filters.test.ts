import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PodAffinityTerm,
  V1TopologySpreadConstraint,
} from '../api/generated/types.ts';
import { defaultFilters } from './filters.ts';
import { aPodInfo, aView, type NodeSpec, type PodSpec } from './fixtures.ts';
import type { Lookups } from './framework.ts';

interface Case {
  name: string;
  nodes: Record<string, NodeSpec>;
  there?: Record<string, PodSpec>;
  pod: PodSpec;
  lookups?: Partial<Lookups>;
  /** Reasons of each node that is out; nodes not named are in. */
  out: Record<string, string[]>;
  /** A reason that names no node. */
  reject?: string;
}

const noSchedule = { key: 'dedicated', value: 'db', effect: 'NoSchedule' };
const web = { matchLabels: { app: 'web' } };
const zone = 'topology.kubernetes.io/zone';
const inZones = {
  a1: { labels: { [zone]: 'a' } },
  a2: { labels: { [zone]: 'a' } },
  b1: { labels: { [zone]: 'b' } },
};
const taintReason = ['node(s) had untolerated taint(s)'];
const affinityReason = ["node(s) didn't match Pod's node affinity/selector"];
const spreadReason = ["node(s) didn't match pod topology spread constraints"];

const spread = (more: Partial<V1TopologySpreadConstraint> = {}): PodSpec => ({
  labels: { app: 'web' },
  spec: {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web, ...more },
    ],
  },
});
const near = (kind: 'podAffinity' | 'podAntiAffinity', more: Partial<V1PodAffinityTerm> = {}): PodSpec => ({
  spec: {
    affinity: {
      [kind]: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector: web, ...more }],
      },
    },
  },
});
const claim = (more: Partial<V1PersistentVolumeClaim> = {}): V1PersistentVolumeClaim => ({
  metadata: { name: 'data', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
  spec: { volumeName: 'v', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  ...more,
});
const local = (host: string, more: object = {}): V1PersistentVolume => ({
  metadata: { name: `on-${host}` },
  spec: {
    capacity: { storage: '2Gi' },
    accessModes: ['ReadWriteOnce'],
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] },
        ],
      },
    },
    ...more,
  },
  status: { phase: 'Available' },
});
const withClaim: PodSpec = {
  spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
};
const waitingClass = {
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
};
const waiting = claim({
  metadata: { name: 'data', namespace: 'default' },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  },
});

const cases: Case[] = [
  {
    name: 'resources: all that is missing is told, of init containers the hungriest counts',
    nodes: { small: { cpu: '1', memory: '1Gi' }, full: { cpu: '2', memory: '4Gi' }, big: {} },
    there: { other: { node: 'full', cpu: '1500m' } },
    pod: {
      cpu: '500m',
      memory: '1Gi',
      spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '1', memory: '2Gi' } } }] },
    },
    out: { small: ['Insufficient memory'], full: ['Insufficient cpu'] },
  },
  {
    name: 'resources: sidecars add up, overhead too; extended resources that no node has',
    nodes: { n: { cpu: '1' } },
    pod: {
      cpu: '500m',
      spec: {
        overhead: { cpu: '100m' },
        initContainers: [
          { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '450m' } } },
          { name: 'i', resources: { requests: { 'example.test/gpu': '1' } } },
        ],
      },
    },
    out: { n: ['Insufficient cpu', 'Insufficient example.test/gpu'] },
  },
  {
    name: 'a node takes no more pods than it allows',
    nodes: { n: { pods: '1' }, m: {} },
    there: { other: { node: 'n' } },
    pod: {},
    out: { n: ['Too many pods'] },
  },
  {
    name: 'cordoned nodes, unless tolerated',
    nodes: { n: { spec: { unschedulable: true } }, m: {} },
    pod: {},
    out: { n: ['node(s) were unschedulable'] },
  },
  {
    name: 'cordoned nodes, tolerated',
    nodes: { n: { spec: { unschedulable: true } } },
    pod: { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] } },
    out: {},
  },
  {
    name: 'taints: PreferNoSchedule does not matter here',
    nodes: {
      hard: { taints: [noSchedule] },
      evict: { taints: [{ key: 'x', effect: 'NoExecute' }] },
      soft: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] },
    },
    pod: {},
    out: { hard: taintReason, evict: taintReason },
  },
  {
    name: 'tolerations by value, by key, by effect',
    nodes: {
      db: { taints: [noSchedule] },
      web: { taints: [{ ...noSchedule, value: 'web' }] },
      evict: { taints: [{ ...noSchedule, effect: 'NoExecute' }] },
    },
    pod: { spec: { tolerations: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] } },
    out: { web: taintReason, evict: taintReason },
  },
  {
    name: 'nodeSelector and required affinity together; terms are alternatives',
    nodes: {
      a: { labels: { disk: 'ssd', cores: '8' } },
      b: { labels: { disk: 'ssd', cores: '2' } },
      c: { labels: { cores: '8' } },
      d: { labels: { disk: 'ssd', special: '' } },
    },
    pod: {
      spec: {
        nodeSelector: { disk: 'ssd' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['4'] }] },
                { matchExpressions: [{ key: 'special', operator: 'Exists' }] },
                {},
              ],
            },
          },
        },
      },
    },
    out: { b: affinityReason, c: affinityReason },
  },
  {
    name: 'host ports',
    nodes: { n: {}, m: {} },
    there: { other: { node: 'n', port: 80 } },
    pod: { port: 80 },
    out: { n: ["node(s) didn't have free ports for the requested pod ports"] },
  },
  {
    name: 'host ports on different addresses do not meet',
    nodes: { n: {} },
    there: {
      other: {
        node: 'n',
        spec: {
          containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.1' }] }],
        },
      },
    },
    pod: {
      spec: { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.2' }] }] },
    },
    out: {},
  },
  {
    name: 'spread: a zone must not get ahead; terminating pods do not count',
    nodes: inZones,
    there: { w: { node: 'a1', labels: { app: 'web' } }, x: { node: 'b1', labels: { app: 'other' } } },
    pod: spread(),
    out: { a1: spreadReason, a2: spreadReason },
  },
  {
    name: 'spread: nodes without the label are out, and do not count as a domain',
    nodes: { ...inZones, bare: {} },
    pod: spread(),
    out: { bare: ["node(s) didn't match pod topology spread constraints (missing required label)"] },
  },
  {
    name: 'spread: too few domains count as an empty one',
    nodes: { a1: inZones.a1 },
    there: { w: { node: 'a1', labels: { app: 'web' } } },
    pod: spread({ minDomains: 2 }),
    out: { a1: spreadReason },
  },
  {
    name: 'spread: tainted nodes are a domain unless taints are honoured',
    nodes: { a1: inZones.a1, b1: { ...inZones.b1, taints: [noSchedule] } },
    there: { w: { node: 'a1', labels: { app: 'web' } } },
    pod: spread({ nodeTaintsPolicy: 'Honor' }),
    out: { b1: taintReason },
  },
  {
    name: 'affinity: where such a pod is',
    nodes: inZones,
    there: { w: { node: 'a1', labels: { app: 'web' } } },
    pod: near('podAffinity'),
    out: { b1: ["node(s) didn't match pod affinity rules"] },
  },
  {
    name: 'affinity: not in other namespaces, unless it says so',
    nodes: inZones,
    there: { w: { node: 'a1', labels: { app: 'web' }, namespace: 'other' } },
    pod: near('podAffinity', { namespaceSelector: { matchLabels: { team: 'x' } } }),
    lookups: { namespaceLabels: (name): Record<string, string> => (name === 'other' ? { team: 'x' } : {}) },
    out: { b1: ["node(s) didn't match pod affinity rules"] },
  },
  {
    name: 'affinity: the first of its kind goes anywhere',
    nodes: inZones,
    pod: { ...near('podAffinity'), labels: { app: 'web' } },
    out: {},
  },
  {
    name: 'anti-affinity: away from such a pod',
    nodes: inZones,
    there: { w: { node: 'a1', labels: { app: 'web' } } },
    pod: near('podAntiAffinity'),
    out: {
      a1: ["node(s) didn't match pod anti-affinity rules"],
      a2: ["node(s) didn't match pod anti-affinity rules"],
    },
  },
  {
    name: 'anti-affinity of a pod that is there',
    nodes: inZones,
    there: { w: { ...near('podAntiAffinity'), node: 'b1' } },
    pod: { labels: { app: 'web' } },
    out: { b1: ["node(s) didn't satisfy existing pods anti-affinity rules"] },
  },
  {
    name: 'claims: missing',
    nodes: { n: {} },
    pod: withClaim,
    out: {},
    reject: 'persistentvolumeclaim "data" not found',
  },
  {
    name: 'claims: not bound and not waiting for a pod',
    nodes: { n: {} },
    pod: withClaim,
    lookups: { claim: () => claim({ metadata: { name: 'data' }, spec: {} }) },
    out: {},
    reject: 'pod has unbound immediate PersistentVolumeClaims',
  },
  {
    name: 'claims: bound to a volume that only some nodes reach',
    nodes: { n: {}, m: {} },
    pod: withClaim,
    lookups: { claim: () => claim(), volume: () => local('n') },
    out: { m: ["node(s) didn't match PersistentVolume's node affinity"] },
  },
  {
    name: 'claims: waiting for the first pod, with free volumes on some nodes',
    nodes: { n: {}, m: {}, o: {} },
    pod: withClaim,
    lookups: {
      claim: () => waiting,
      storageClass: () => waitingClass,
      volumesOfClass: () => [local('n'), local('m', { capacity: { storage: '1Mi' } })],
    },
    out: {
      m: ["node(s) didn't find available persistent volumes to bind"],
      o: ["node(s) didn't find available persistent volumes to bind"],
    },
  },
];

for (const { name, nodes, there, pod, lookups, out, reject } of cases) {
  test(`filters: ${name}`, () => {
    const view = aView(nodes, there, lookups);
    const info = aPodInfo('p', pod);
    const prepared = defaultFilters.map(plugin => plugin.prepare(info, view));
    assert.equal(prepared.find(one => one?.reject !== undefined)?.reject, reject);
    const reasons: Record<string, readonly string[]> = {};
    for (const node of view.snapshot.nodes) {
      const rejection = prepared.map(one => one?.filter?.(node)).find(found => found !== undefined);
      if (rejection) reasons[node.name] = rejection.reasons;
    }
    assert.deepEqual(reasons, out);
  });
}

test('more than the node could ever give is not resolvable, less is', () => {
  const view = aView({ n: { cpu: '2' } }, { other: { node: 'n', cpu: '1' } });
  const fit = defaultFilters.find(({ name }) => name === 'NodeResourcesFit')!;
  const node = view.snapshot.nodes[0]!;
  assert.equal(fit.prepare(aPodInfo('p', { cpu: '3' }), view)?.filter?.(node)?.unresolvable, true);
  assert.equal(fit.prepare(aPodInfo('p', { cpu: '1500m' }), view)?.filter?.(node)?.unresolvable, false);
});

test('the names of nodes that affinity requires are known beforehand', () => {
  const view = aView({ n: {}, m: {} });
  const affinity = (nodeSelectorTerms: object[]): PodSpec => ({
    spec: {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    },
  });
  const named = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] };
  const plugin = defaultFilters.find(({ name }) => name === 'NodeAffinity')!;
  assert.deepEqual(plugin.prepare(aPodInfo('p', affinity([named])), view)?.nodeNames, new Set(['n']));
  const either = affinity([named, { matchExpressions: [{ key: 'x', operator: 'Exists' }] }]);
  assert.equal(plugin.prepare(aPodInfo('p', either), view)?.nodeNames, undefined);
});
