import type { V1Container, V1Pod } from '../../api/generated/types.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../machinery/quantity.ts';
import type { LinuxResources } from '../runtime.ts';
import { allContainers } from '../spec.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const milli = (text: string | undefined): number => (text ? quantityMilliValue(parseQuantity(text)) : 0);
const whole = (text: string | undefined): number => (text ? quantityValue(parseQuantity(text)) : 0);

/** Upstream: pkg/apis/core/v1/helper/qos. */
export function qosClass(pod: V1Pod): QosClass {
  let any = false;
  let guaranteed = true;
  for (const { resources } of allContainers(pod))
    for (const resource of ['cpu', 'memory']) {
      const request = milli(resources?.requests?.[resource]);
      const limit = milli(resources?.limits?.[resource]);
      if (request > 0 || limit > 0) any = true;
      if (limit === 0 || (request !== 0 && request !== limit)) guaranteed = false;
    }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const cpuPeriod = 100_000;
const minQuota = 1000;
const minShares = 2;
const maxShares = 262_144;

const sharesOf = (millis: number): number =>
  Math.min(maxShares, Math.max(minShares, Math.floor((millis * 1024) / 1000)));

/** How soon the kernel ends the container when memory runs out (upstream: pkg/kubelet/qos/policy.go). */
function oomScoreAdj(pod: V1Pod, container: V1Container, memoryCapacity: number): number {
  if ((pod.spec?.priority ?? 0) >= 2_000_000_000) return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = whole(container.resources?.requests?.memory ?? container.resources?.limits?.memory);
  const adjust = 1000 - Math.floor((1000 * request) / memoryCapacity);
  return Math.min(999, Math.max(3, adjust));
}

export function linuxResources(pod: V1Pod, container: V1Container, memoryCapacity: number): LinuxResources {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = milli(limits?.cpu);
  const memoryLimit = whole(limits?.memory);
  return {
    cpuShares: sharesOf(milli(requests?.cpu ?? limits?.cpu)),
    cpuPeriod,
    ...(cpuLimit > 0 ? { cpuQuota: Math.max(minQuota, Math.floor((cpuLimit * cpuPeriod) / 1000)) } : {}),
    ...(memoryLimit > 0 ? { memoryLimitBytes: memoryLimit } : {}),
    oomScoreAdj: oomScoreAdj(pod, container, memoryCapacity),
  };
}

/**
 * What a Pod takes of a node: its containers' requests together with its sidecars', or the most that one init container takes together
 * with the sidecars started before it, plus overhead (upstream: component-helpers resource.PodRequests). CPU in thousandths.
 */
export function podRequests(pod: V1Pod): Map<string, number> {
  const value = (resource: string, text: string): number => (resource === 'cpu' ? milli(text) : whole(text));
  const sum = new Map<string, number>();
  const add = (to: Map<string, number>, from: Record<string, string> | undefined): void => {
    for (const [resource, text] of Object.entries(from ?? {}))
      to.set(resource, (to.get(resource) ?? 0) + value(resource, text));
  };
  for (const container of pod.spec?.containers ?? []) add(sum, container.resources?.requests);
  const sidecars = new Map<string, number>();
  const init = new Map<string, number>();
  for (const container of pod.spec?.initContainers ?? []) {
    const needed = new Map(sidecars);
    add(needed, container.resources?.requests);
    for (const [resource, amount] of needed) init.set(resource, Math.max(init.get(resource) ?? 0, amount));
    if (container.restartPolicy === 'Always') {
      add(sum, container.resources?.requests);
      add(sidecars, container.resources?.requests);
    }
  }
  for (const [resource, amount] of init) sum.set(resource, Math.max(sum.get(resource) ?? 0, amount));
  add(sum, pod.spec?.overhead);
  return sum;
}
