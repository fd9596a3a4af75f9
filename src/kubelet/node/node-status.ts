import type { V1Node, V1NodeCondition, V1NodeStatus } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { canonicalQuantity } from '../../machinery/quantity.ts';
import { defaultMaxPods, type KubeletOptions, type MachineFacts } from '../options.ts';
import type { Image, RuntimeCondition } from '../runtime.ts';

export interface RuntimeHealth {
  runtime: RuntimeCondition;
  network: RuntimeCondition;
}

export interface NodeStatusInput {
  options: KubeletOptions;
  facts: MachineFacts;
  runtimeVersion: { name: string; version: string };
  health: RuntimeHealth;
  images: Image[];
  /** Milliseconds since the epoch. */
  now: number;
  before: V1Node | undefined;
  /** Of the kubelet's server, 0 without one. */
  port: number;
}

// Upstream reports the 50 largest, with five names each.
const maxImages = 50;
const maxNames = 5;
/** Kept free for the node itself; upstream's default for memory. */
const evictionMemoryBytes = 100 * 1024 * 1024;

/** Canonical (`8Gi`, not `8388608Ki`): as the API server will give it back, so that nothing seems to have changed. */
const kib = (bytes: number): string => canonicalQuantity(`${Math.floor(bytes / 1024)}Ki`);

export function nodeCapacity(facts: MachineFacts, maxPods: number): Record<string, string> {
  return {
    cpu: String(facts.cpus),
    'ephemeral-storage': kib(facts.storageBytes),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: kib(facts.memoryBytes),
    pods: String(maxPods),
  };
}

export function nodeAllocatable(facts: MachineFacts, maxPods: number): Record<string, string> {
  return {
    ...nodeCapacity(facts, maxPods),
    memory: kib(facts.memoryBytes - evictionMemoryBytes),
    // A tenth stays free for images and logs.
    'ephemeral-storage': String(Math.floor(facts.storageBytes * 0.9)),
  };
}

function readyCondition({
  runtime,
  network,
}: RuntimeHealth): Pick<V1NodeCondition, 'status' | 'reason' | 'message'> {
  const problems: string[] = [];
  if (!runtime.ok)
    problems.push(
      `container runtime not ready: RuntimeReady=false reason:${runtime.reason} message:${runtime.message}`,
    );
  if (!network.ok)
    problems.push(
      `container runtime network not ready: NetworkReady=false reason:${network.reason} message:${network.message}`,
    );
  if (problems.length === 0)
    return { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  return {
    status: 'False',
    reason: 'KubeletNotReady',
    message: problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`,
  };
}

function conditions({ health, now, before }: NodeStatusInput): V1NodeCondition[] {
  const fresh = [
    {
      type: 'MemoryPressure',
      status: 'False',
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    },
    {
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
    },
    {
      type: 'PIDPressure',
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
    { type: 'Ready', ...readyCondition(health) },
  ];
  const time = timestamp(now);
  return fresh.map(condition => {
    const old = before?.status?.conditions?.find(({ type }) => type === condition.type);
    return {
      type: condition.type,
      status: condition.status,
      lastHeartbeatTime: time,
      lastTransitionTime: old?.status === condition.status ? (old.lastTransitionTime ?? time) : time,
      reason: condition.reason,
      message: condition.message,
    };
  });
}

const imageList = (images: Image[]): V1NodeStatus['images'] =>
  images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, maxImages)
    .map(({ tags, digests, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, maxNames), sizeBytes }));

/** Everything the kubelet says of its node (upstream: pkg/kubelet/nodestatus). */
export function nodeStatus(input: NodeStatusInput): V1NodeStatus {
  const { options, facts, runtimeVersion, images, port } = input;
  const maxPods = options.maxPods ?? defaultMaxPods;
  return {
    addresses: [
      ...options.nodeIPs.map(address => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: options.hostname },
    ],
    allocatable: nodeAllocatable(facts, maxPods),
    capacity: nodeCapacity(facts, maxPods),
    conditions: conditions(input),
    daemonEndpoints: { kubeletEndpoint: { Port: port } } as V1NodeStatus['daemonEndpoints'],
    images: imageList(images),
    nodeInfo: {
      architecture: facts.architecture,
      bootID: facts.bootId,
      containerRuntimeVersion: `${runtimeVersion.name}://${runtimeVersion.version}`,
      kernelVersion: facts.kernelVersion,
      kubeProxyVersion: options.versions.kubeProxy ?? '',
      kubeletVersion: options.versions.kubelet,
      machineID: facts.machineId,
      operatingSystem: facts.operatingSystem,
      osImage: facts.osImage,
      systemUUID: facts.systemUuid,
    },
  };
}
