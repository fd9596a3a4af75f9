// The subsets of an Endpoints object (upstream: pkg/controller/endpoint, pkg/api/v1/endpoints/util.go).
import type {
  CoreV1EndpointPort,
  V1EndpointAddress,
  V1EndpointSubset,
  V1Pod,
  V1Service,
} from '../../api/generated/types.ts';
import { canonicalJson } from '../../machinery/hash.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodReady, isPodTerminal } from '../common/pods.ts';
import { hostnameIn, targetPortOf } from '../endpointslice/endpoint.ts';

const maxAddresses = 1000;

interface Member {
  address: V1EndpointAddress;
  ready: boolean;
}

/** The Pod's address in the Service's first family. */
function addressOf(pod: Stored<V1Pod>, service: V1Service): V1EndpointAddress | undefined {
  const family = service.spec?.ipFamilies?.[0] ?? (service.spec?.clusterIP?.includes(':') ? 'IPv6' : 'IPv4');
  const ip = pod.status?.podIPs?.find(podIP => podIP.ip.includes(':') === (family === 'IPv6'))?.ip;
  if (!ip) return undefined;
  const hostname = hostnameIn(pod, service);
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  };
}

function portsOf(pod: V1Pod, service: V1Service): CoreV1EndpointPort[] {
  const ports: CoreV1EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOf(pod, port);
    if (number === undefined) continue;
    ports.push({
      ...(port.name ? { name: port.name } : {}),
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports;
}

interface Contribution {
  service: V1Service;
  address: V1EndpointAddress | undefined;
  byText: Map<string, CoreV1EndpointPort>;
  key: string;
}

/** What each (unchanging) Pod gave last, and to which Service. */
const contributions = new WeakMap<V1Pod, Contribution>();

function contributionOf(pod: Stored<V1Pod>, service: V1Service): Contribution {
  const known = contributions.get(pod);
  if (known?.service === service) return known;
  const byText = new Map(portsOf(pod, service).map(port => [canonicalJson(port), port]));
  const key = [...byText.keys()].sort().join();
  const made = { service, address: addressOf(pod, service), byText, key };
  contributions.set(pod, made);
  return made;
}

/** Addresses grouped by the ports they serve, in an order that depends on nothing but them. */
export function calculateSubsets(service: V1Service, pods: readonly Stored<V1Pod>[]): V1EndpointSubset[] {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const groups = new Map<string, { ports: CoreV1EndpointPort[]; members: Member[] }>();
  const portless = !service.spec?.ports?.length;
  for (const pod of pods) {
    if (isPodTerminal(pod) || (pod.metadata.deletionTimestamp && !publishAll)) continue;
    const { address, byText, key } = contributionOf(pod, service);
    if (!address || (byText.size === 0 && !portless)) continue;
    let group = groups.get(key);
    if (!group)
      groups.set(key, (group = { ports: [...byText].sort(byKey).map(([, port]) => port), members: [] }));
    group.members.push({ address, ready: publishAll || isPodReady(pod) });
  }
  return [...groups].sort(byKey).map(([, { ports, members }]) => {
    const addresses = members.filter(({ ready }) => ready).map(({ address }) => address);
    const notReadyAddresses = members.filter(({ ready }) => !ready).map(({ address }) => address);
    return {
      ...(addresses.length > 0 ? { addresses: addresses.sort(byIp) } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}),
      ...(portless ? {} : { ports }),
    };
  });
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
const byIp = (a: V1EndpointAddress, b: V1EndpointAddress): number =>
  a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1;

/** At most 1000 addresses: each subset keeps its share, ready ones first. `truncated` says that some were left out. */
export function truncate(subsets: V1EndpointSubset[]): { subsets: V1EndpointSubset[]; truncated: boolean } {
  const count = (list: V1EndpointAddress[] | undefined): number => list?.length ?? 0;
  const ready = subsets.reduce((sum, subset) => sum + count(subset.addresses), 0);
  const notReady = subsets.reduce((sum, subset) => sum + count(subset.notReadyAddresses), 0);
  if (ready + notReady <= maxAddresses) return { subsets, truncated: false };
  const readyQuota = Math.min(ready, maxAddresses);
  const notReadyQuota = maxAddresses - readyQuota;
  let readyLeft = readyQuota;
  let notReadyLeft = notReadyQuota;
  const cut: V1EndpointSubset[] = [];
  for (const subset of subsets) {
    const share = (size: number, quota: number, total: number, left: number): number =>
      total === 0 ? 0 : Math.min(left, Math.ceil((size * quota) / total));
    const takeReady = share(count(subset.addresses), readyQuota, ready, readyLeft);
    const takeNotReady = share(count(subset.notReadyAddresses), notReadyQuota, notReady, notReadyLeft);
    readyLeft -= takeReady;
    notReadyLeft -= takeNotReady;
    if (takeReady + takeNotReady === 0) continue;
    cut.push({
      ...(takeReady ? { addresses: subset.addresses!.slice(0, takeReady) } : {}),
      ...(takeNotReady ? { notReadyAddresses: subset.notReadyAddresses!.slice(0, takeNotReady) } : {}),
      ...(subset.ports ? { ports: subset.ports } : {}),
    });
  }
  return { subsets: cut, truncated: true };
}
