import type { V1Pod } from '../api/generated/types.ts';
import { keyOf, type Stored } from '../machinery/object.ts';
import { type PodTerms, podTerms } from './affinity-terms.ts';
import { type Amounts, podRequests } from './resources.ts';

export interface HostPort {
  /** `TCP/8080`. */
  readonly port: string;
  /** `0.0.0.0` for all addresses. */
  readonly address: string;
}

/** A pod with what scheduling needs of it, worked out once. */
export interface PodInfo {
  /** The newest version; those after the first differ in nothing that the rest is made of. */
  pod: Stored<V1Pod>;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly priority: number;
  readonly requests: Amounts;
  /** Of `requests`, apart: nearly all pods ask for nothing else. */
  readonly cpu: number;
  readonly memory: number;
  readonly otherRequests: readonly (readonly [string, number])[];
  /** cpu (thousandths) and memory with defaults for containers that ask for none. */
  readonly nonZeroCpu: number;
  readonly nonZeroMemory: number;
  readonly ports: readonly HostPort[];
  readonly terms: PodTerms;
  readonly hasAffinity: boolean;
}

const anyAddress = '0.0.0.0';

function hostPorts({ spec }: V1Pod): HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const found: HostPort[] = [];
  for (const { ports = [] } of [...sidecars, ...(spec?.containers ?? [])]) {
    for (const { hostPort, hostIP, protocol } of ports) {
      if (!hostPort) continue;
      found.push({ port: `${protocol || 'TCP'}/${hostPort}`, address: hostIP || anyAddress });
    }
  }
  return found;
}

/** Two pods cannot have the same port on the same address, or one of them on all addresses. */
export const portsConflict = (a: string, b: string): boolean =>
  a === b || a === anyAddress || b === anyAddress;

export function createPodInfo(pod: Stored<V1Pod>): PodInfo {
  const nonZero = podRequests(pod, true);
  const terms = podTerms(pod);
  const requests = podRequests(pod);
  return {
    pod,
    key: keyOf(pod),
    uid: pod.metadata.uid,
    namespace: pod.metadata.namespace ?? '',
    priority: pod.spec?.priority ?? 0,
    requests,
    cpu: requests.get('cpu') ?? 0,
    memory: requests.get('memory') ?? 0,
    otherRequests: [...requests].filter(([resource]) => resource !== 'cpu' && resource !== 'memory'),
    nonZeroCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
    ports: hostPorts(pod),
    terms,
    hasAffinity: Object.values(terms).some(list => list.length > 0),
  };
}
