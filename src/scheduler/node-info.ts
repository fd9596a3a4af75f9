import type { V1Node, V1Taint } from '../api/generated/types.ts';
import type { Stored } from '../machinery/object.ts';
import { isHard } from '../machinery/tolerations.ts';
import type { PodInfo } from './pod-info.ts';
import { amountsOf } from './resources.ts';

const noLabels: Readonly<Record<string, string>> = {};

/** The reference of an image as nodes report it: with a tag. */
export const imageName = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;

/** A node, the pods that are (or are about to be) on it, and what they take of it. Kept up to date by each change. */
export class NodeInfo {
  readonly name: string;
  /** Absent while only pods of it have been seen. */
  node: Stored<V1Node> | undefined;
  labels: Readonly<Record<string, string>> = noLabels;
  allocatable: ReadonlyMap<string, number> = new Map();
  allowedPods = 0;
  /** Of `allocatable`, in its units. */
  cpu = 0;
  memory = 0;
  hardTaints: readonly V1Taint[] = [];
  softTaints: readonly V1Taint[] = [];
  imageSizes: ReadonlyMap<string, number> = new Map();
  readonly pods = new Map<string, PodInfo>();
  readonly withAffinity = new Map<string, PodInfo>();
  readonly withRequiredAntiAffinity = new Map<string, PodInfo>();
  usedCpu = 0;
  usedMemory = 0;
  /** What is requested besides cpu and memory. */
  readonly usedOthers = new Map<string, number>();
  nonZeroCpu = 0;
  nonZeroMemory = 0;
  /** Addresses in use by port. */
  readonly ports = new Map<string, string[]>();

  constructor(name: string) {
    this.name = name;
  }

  set(node: Stored<V1Node>): void {
    this.node = node;
    this.labels = node.metadata.labels ?? noLabels;
    const amounts = amountsOf(node.status?.allocatable ?? node.status?.capacity);
    this.allowedPods = amounts.get('pods') ?? 0;
    this.allocatable = amounts;
    this.cpu = amounts.get('cpu') ?? 0;
    this.memory = amounts.get('memory') ?? 0;
    const taints = node.spec?.taints ?? [];
    this.hardTaints = taints.filter(isHard);
    this.softTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule');
    const sizes = new Map<string, number>();
    for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
      for (const name of names) sizes.set(name, sizeBytes);
    }
    this.imageSizes = sizes;
  }

  addPod(info: PodInfo): void {
    this.pods.set(info.key, info);
    this.#count(info, 1);
    if (info.hasAffinity) this.withAffinity.set(info.key, info);
    if (info.terms.requiredAntiAffinity.length > 0) this.withRequiredAntiAffinity.set(info.key, info);
    for (const { port, address } of info.ports) {
      const used = this.ports.get(port);
      if (used) used.push(address);
      else this.ports.set(port, [address]);
    }
  }

  removePod(key: string): void {
    const info = this.pods.get(key);
    if (!info) return;
    this.pods.delete(key);
    this.withAffinity.delete(key);
    this.withRequiredAntiAffinity.delete(key);
    this.#count(info, -1);
    for (const { port, address } of info.ports) {
      const used = this.ports.get(port) ?? [];
      used.splice(used.indexOf(address), 1);
      if (used.length === 0) this.ports.delete(port);
    }
  }

  #count(info: PodInfo, sign: 1 | -1): void {
    this.usedCpu += sign * info.cpu;
    this.usedMemory += sign * info.memory;
    for (const [resource, value] of info.otherRequests) {
      this.usedOthers.set(resource, (this.usedOthers.get(resource) ?? 0) + sign * value);
    }
    this.nonZeroCpu += sign * info.nonZeroCpu;
    this.nonZeroMemory += sign * info.nonZeroMemory;
  }
}
