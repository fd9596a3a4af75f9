import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPodInfo, aView, type NodeSpec, type PodSpec } from './fixtures.ts';
import type { Lookups } from './framework.ts';
import { defaultScores } from './scores.ts';

interface Case {
  name: string;
  plugin: string;
  nodes: Record<string, NodeSpec>;
  there?: Record<string, PodSpec>;
  pod: PodSpec;
  lookups?: Partial<Lookups>;
  /** Normalised; undefined where the plugin has nothing to say. */
  scores: Record<string, number> | undefined;
}

const zone = 'topology.kubernetes.io/zone';
const web = { app: 'web' };
const service = { metadata: { name: 'web' }, spec: { selector: web } };
const mebi = 1 << 20;
const image = 'example.test/app:v1';

const cases: Case[] = [
  {
    name: 'least allocated: the emptier node; pods without requests count as 100m and 200Mi',
    plugin: 'NodeResourcesFit',
    nodes: {
      a: { cpu: '4', memory: '10000Mi' },
      b: { cpu: '4', memory: '10000Mi' },
      c: { cpu: '1', memory: '200Mi' },
    },
    there: { x: { node: 'b', cpu: '2', memory: '5000Mi' } },
    pod: { cpu: '1', memory: '0' },
    scores: { a: 87, b: 37, c: 50 },
  },
  {
    name: 'least allocated: defaults',
    plugin: 'NodeResourcesFit',
    nodes: { a: { cpu: '1', memory: '1000Mi' } },
    there: { x: { node: 'a' } },
    pod: {},
    scores: { a: 70 },
  },
  {
    name: 'balanced: cpu and memory in step',
    plugin: 'NodeResourcesBalancedAllocation',
    nodes: { even: { cpu: '4', memory: '4Gi' }, odd: { cpu: '4', memory: '1Gi' } },
    pod: { cpu: '1', memory: '1Gi' },
    scores: { even: 100, odd: 62 },
  },
  {
    name: 'balanced: best-effort pods are not scored',
    plugin: 'NodeResourcesBalancedAllocation',
    nodes: { a: {} },
    pod: {},
    scores: undefined,
  },
  {
    name: 'taints: fewer soft taints are better',
    plugin: 'TaintToleration',
    nodes: {
      none: {},
      one: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] },
      two: {
        taints: [
          { key: 'a', effect: 'PreferNoSchedule' },
          { key: 'b', effect: 'PreferNoSchedule' },
          { key: 'ok', effect: 'PreferNoSchedule' },
        ],
      },
    },
    pod: { spec: { tolerations: [{ key: 'ok', operator: 'Exists' }] } },
    scores: { none: 100, one: 50, two: 0 },
  },
  {
    name: 'node affinity: by weight',
    plugin: 'NodeAffinity',
    nodes: { both: { labels: { x: '1', y: '1' } }, x: { labels: { x: '1' } }, none: {} },
    pod: {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 30, preference: { matchExpressions: [{ key: 'x', operator: 'Exists' }] } },
              { weight: 10, preference: { matchExpressions: [{ key: 'y', operator: 'In', values: ['1'] }] } },
            ],
          },
        },
      },
    },
    scores: { both: 100, x: 75, none: 0 },
  },
  {
    name: 'spread by default: fellows of the Service are spread over nodes',
    plugin: 'PodTopologySpread',
    nodes: { a: {}, b: {}, c: {} },
    there: {
      x: { node: 'a', labels: web },
      y: { node: 'a', labels: web },
      z: { node: 'b', labels: web },
      other: { node: 'c', labels: { app: 'db' } },
    },
    pod: { labels: web },
    lookups: { services: () => [service] },
    // 2·ln 5 + 2 = 5, ln 5 + 2 = 4, 2: 100·(5 + 2 - s)/5
    scores: { a: 40, b: 60, c: 100 },
  },
  {
    name: 'spread by default: also by the owner without a Service, and over zones',
    plugin: 'PodTopologySpread',
    nodes: {
      a1: { labels: { [zone]: 'a' } },
      a2: { labels: { [zone]: 'a' } },
      b1: { labels: { [zone]: 'b' } },
    },
    there: { x: { node: 'a1', labels: web } },
    pod: { labels: web, owner: 'rs' },
    lookups: {
      replicaSet: key => (key === 'default/rs' ? { spec: { selector: { matchLabels: web } } } : undefined),
    },
    // a1: ln 5 + 2 + ln 4 + 4 = 9; a2: 2 + ln 4 + 4 = 7; b1: 6
    scores: { a1: 66, a2: 88, b1: 100 },
  },
  {
    name: 'spread by default: nobody has fellows without a Service and an owner',
    plugin: 'PodTopologySpread',
    nodes: { a: {}, b: {} },
    there: { x: { node: 'a', labels: web } },
    pod: { labels: web },
    scores: undefined,
  },
  {
    name: 'spread: own constraints ignore nodes without the label',
    plugin: 'PodTopologySpread',
    nodes: { a: { labels: { [zone]: 'a' } }, b: { labels: { [zone]: 'b' } }, bare: {} },
    there: { x: { node: 'a', labels: web } },
    pod: {
      labels: web,
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: zone,
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: web },
          },
        ],
      },
    },
    scores: { a: 0, b: 100, bare: 0 },
  },
  {
    name: 'pod affinity: both wishes count, those of pods that are there too',
    plugin: 'InterPodAffinity',
    nodes: { a: {}, b: {}, c: {} },
    there: {
      x: { node: 'a', labels: web },
      y: {
        node: 'b',
        spec: {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 50,
                  podAffinityTerm: {
                    topologyKey: 'kubernetes.io/hostname',
                    labelSelector: { matchLabels: { app: 'api' } },
                  },
                },
              ],
            },
          },
        },
      },
    },
    pod: {
      labels: { app: 'api' },
      spec: {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 50,
                podAffinityTerm: {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: { matchLabels: web },
                },
              },
            ],
          },
        },
      },
    },
    scores: { a: 100, b: 0, c: 50 },
  },
  {
    name: 'images: large ones that are there, weighed by how many nodes have them',
    plugin: 'ImageLocality',
    nodes: { a: { images: [{ names: [image], sizeBytes: 500 * mebi }] }, b: {} },
    pod: { image },
    scores: { a: 23, b: 0 },
  },
];

for (const { name, plugin, nodes, there, pod, lookups, scores } of cases) {
  test(`scores: ${name}`, () => {
    const view = aView(nodes, there, lookups);
    const all = view.snapshot.nodes;
    const scorer = defaultScores.find(one => one.name === plugin)!.prepare(aPodInfo('p', pod), view, all);
    if (!scores) return assert.equal(scorer, undefined);
    const values = all.map(node => scorer!.score(node));
    scorer!.normalize?.(values, all);
    assert.deepEqual(Object.fromEntries(all.map((node, i) => [node.name, values[i]])), scores);
  });
}
