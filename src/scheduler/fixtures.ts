// Short ways to say pods and nodes, for the tests.
import type { V1Node, V1NodeSpec, V1Pod, V1PodSpec, V1Taint } from '../api/generated/types.ts';
import type { Stored } from '../machinery/object.ts';
import type { Lookups, View } from './framework.ts';
import { Nominations } from './nominations.ts';
import { createPodInfo, type PodInfo } from './pod-info.ts';
import { Snapshot } from './snapshot.ts';

export interface NodeSpec {
  cpu?: string;
  memory?: string;
  pods?: string;
  labels?: Record<string, string>;
  taints?: V1Taint[];
  spec?: V1NodeSpec;
  images?: { names: string[]; sizeBytes: number }[];
}

export interface PodSpec {
  cpu?: string;
  memory?: string;
  labels?: Record<string, string>;
  namespace?: string;
  node?: string;
  port?: number;
  spec?: Partial<V1PodSpec>;
  owner?: string;
  image?: string;
}

export function aNode(name: string, given: NodeSpec = {}): V1Node {
  const { cpu = '4', memory = '8Gi', pods = '110', labels, taints, spec, images } = given;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...spec, ...(taints ? { taints } : {}) },
    status: { allocatable: { cpu, memory, pods }, ...(images ? { images } : {}) },
  };
}

export function aPod(name: string, given: PodSpec = {}): V1Pod {
  const {
    cpu,
    memory,
    labels,
    namespace = 'default',
    node,
    port,
    spec,
    owner,
    image = 'example.test/app:v1',
  } = given;
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      ...(owner
        ? {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true },
            ],
          }
        : {}),
    },
    spec: {
      schedulerName: 'default-scheduler',
      ...(node ? { nodeName: node } : {}),
      containers: [
        {
          name: 'c',
          image,
          resources: { requests },
          ...(port ? { ports: [{ containerPort: port, hostPort: port }] } : {}),
        },
      ],
      ...spec,
    },
  };
}

export const aPodInfo = (name: string, given: PodSpec = {}): PodInfo => {
  const pod = aPod(name, given);
  pod.metadata!.uid = name;
  return createPodInfo(pod as Stored<V1Pod>);
};

export const noLookups: Lookups = {
  namespaceLabels: () => undefined,
  services: () => [],
  replicaSet: () => undefined,
  statefulSet: () => undefined,
  replicationController: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  volumesOfClass: () => [],
  storageClass: () => undefined,
  disruptionBudgets: () => [],
};

/** A view of these nodes with these pods on them (`node` of each must be set). */
export function aView(
  nodes: Record<string, NodeSpec>,
  pods: Record<string, PodSpec> = {},
  lookups: Partial<Lookups> = {},
): View & { snapshot: Snapshot } {
  const snapshot = new Snapshot();
  for (const [name, given] of Object.entries(nodes)) snapshot.setNode(aNode(name, given) as Stored<V1Node>);
  for (const [name, given] of Object.entries(pods)) snapshot.setPod(aPodInfo(name, given), given.node ?? '');
  return { snapshot, lookups: { ...noLookups, ...lookups }, nominations: new Nominations() };
}
