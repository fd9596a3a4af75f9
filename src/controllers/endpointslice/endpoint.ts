// What one Pod contributes to a Service's slices (upstream: staging/src/k8s.io/endpointslice/utils.go, trafficdist/).
import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointHints,
  V1Node,
  V1Pod,
  V1Service,
  V1ServicePort,
} from '../../api/generated/types.ts';
import { isPodReady } from '../common/pods.ts';

export type AddressType = 'IPv4' | 'IPv6';

/** All that endpoints show of the node itself. */
export const zoneOf = (node: V1Node | undefined): string | undefined =>
  node?.metadata?.labels?.['topology.kubernetes.io/zone'] || undefined;

/** The families in which a Service has slices. Without `ipFamilies` (a server that does not know them) the virtual IP tells. */
export function addressTypesOf(service: V1Service): AddressType[] {
  const families = (service.spec?.ipFamilies ?? []) as AddressType[];
  if (families.length > 0) return families;
  const ip = service.spec?.clusterIP;
  if (!ip || ip === 'None') return ['IPv4', 'IPv6'];
  return [ip.includes(':') ? 'IPv6' : 'IPv4'];
}

/** The number behind a Service port's `targetPort` in this Pod; sidecars count, other init containers do not. */
export function targetPortOf(pod: V1Pod, port: V1ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter(container => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars])
    for (const { name, protocol, containerPort } of container.ports ?? [])
      if (name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return containerPort;
  return undefined;
}

/** The ports of the Service as this Pod serves them; those that it does not have are left out. */
export function endpointPorts(service: V1Service, pod: V1Pod): DiscoveryV1EndpointPort[] {
  const ports: DiscoveryV1EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOf(pod, port);
    if (number === undefined) continue;
    ports.push({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: number,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports;
}

export const addressesOf = (pod: V1Pod, addressType: AddressType): string[] =>
  (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter(ip => ip.includes(':') === (addressType === 'IPv6'));

/** A Pod whose hostname is published: it names one and its subdomain is this Service. */
export const hostnameIn = (pod: V1Pod, service: V1Service): string | undefined =>
  pod.spec?.hostname && pod.spec.subdomain === service.metadata?.name ? pod.spec.hostname : undefined;

function hintsFor(service: V1Service, endpoint: V1Endpoint): V1EndpointHints | undefined {
  const wish = service.spec?.trafficDistribution;
  const sameNode = wish === 'PreferSameNode';
  if (!endpoint.conditions?.ready || !(sameNode || wish === 'PreferSameZone' || wish === 'PreferClose'))
    return undefined;
  const hints: V1EndpointHints = {
    ...(endpoint.zone ? { forZones: [{ name: endpoint.zone }] } : {}),
    ...(sameNode && endpoint.nodeName ? { forNodes: [{ name: endpoint.nodeName }] } : {}),
  };
  return hints.forZones || hints.forNodes ? hints : undefined;
}

/** The Pod as an endpoint in one family. */
export function toEndpoint(
  pod: V1Pod,
  node: V1Node | undefined,
  service: V1Service,
  addressType: AddressType,
): V1Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata?.deletionTimestamp !== undefined;
  const hostname = hostnameIn(pod, service);
  const zone = zoneOf(node);
  const endpoint: V1Endpoint = {
    addresses: addressesOf(pod, addressType),
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname ? { hostname } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata?.namespace,
      name: pod.metadata?.name,
      uid: pod.metadata?.uid,
    },
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
  const hints = hintsFor(service, endpoint);
  return hints ? { ...endpoint, hints } : endpoint;
}
