// Service + EndpointSlices + Node -> ServicePorts (upstream: pkg/proxy/serviceport.go, servicechangetracker.go).
import type { V1EndpointSlice, V1Service, V1ServicePort } from '../../api/generated/types.ts';
import { keyOf } from '../../machinery/object.ts';
import { disjoint, ofFamily } from './addresses.ts';
import { clusterEndpoints, localEndpoints, servedAnywhere } from './choose.ts';
import { endpointsOf } from './endpoints.ts';
import type {
  Endpoint,
  EndpointFacts,
  Family,
  HealthCheck,
  NodeFacts,
  Protocol,
  ServicePort,
} from './types.ts';

const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';
const defaultAffinitySeconds = 10_800;

/** Whether a Service or slice is somebody else's to serve. */
export const isForeign = (object: { metadata?: { labels?: Record<string, string> } }): boolean =>
  object.metadata?.labels?.[proxyNameLabel] !== undefined;

const isProxied = (service: V1Service): boolean =>
  service.spec?.type !== 'ExternalName' && service.spec?.clusterIP !== 'None' && !isForeign(service);

const clusterIPOf = (service: V1Service, family: Family): string | undefined => {
  const all = service.spec?.clusterIPs ?? (service.spec?.clusterIP ? [service.spec.clusterIP] : []);
  return ofFamily(family, all)[0];
};

const balancerIPsOf = (service: V1Service, family: Family): string[] =>
  service.spec?.type === 'LoadBalancer'
    ? ofFamily(
        family,
        (service.status?.loadBalancer?.ingress ?? [])
          .filter(ingress => ingress.ip && ingress.ipMode !== 'Proxy')
          .map(ingress => ingress.ip ?? ''),
      )
    : [];

const protocolOf = (port: V1ServicePort): Protocol =>
  port.protocol === 'UDP' || port.protocol === 'SCTP' ? port.protocol : 'TCP';

const bare = ({ address, port, local }: EndpointFacts): Endpoint => ({ address, port, local });

const hasOutside = (part: { nodePort: number; externalIPs: string[]; balancerIPs: string[] }): boolean =>
  part.nodePort > 0 || part.externalIPs.length > 0 || part.balancerIPs.length > 0;

/** What one Service asks of this node in one family; empty when it is not ours to proxy or has no address of the family. */
export function servicePorts(
  service: V1Service,
  slices: readonly V1EndpointSlice[],
  node: NodeFacts,
  family: Family,
): ServicePort[] {
  const clusterIP = isProxied(service) ? clusterIPOf(service, family) : undefined;
  if (!clusterIP || !service.spec) return [];
  const spec = service.spec;
  const own = slices.filter(slice => !isForeign(slice));
  const affinity = spec.sessionAffinity === 'ClientIP';
  const shared = {
    service: keyOf(service),
    clusterIP,
    externalIPs: ofFamily(family, spec.externalIPs ?? []),
    balancerIPs: balancerIPsOf(service, family),
    sourceRanges: disjoint(family, spec.loadBalancerSourceRanges ?? []),
    affinitySeconds: affinity
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds)
      : 0,
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
  };
  // Ranges of the other family only still mean "not everyone".
  if (spec.loadBalancerSourceRanges?.length && shared.sourceRanges.length === 0)
    shared.sourceRanges = [family === 'ipv4' ? '255.255.255.255/32' : '::/128'];
  return (spec.ports ?? []).map(port => {
    const name = port.name ?? '';
    const protocol = protocolOf(port);
    const endpoints = endpointsOf(own, { name, protocol }, family, node.name);
    const outward = { ...shared, nodePort: port.nodePort ?? 0 };
    const usesCluster = !shared.internalLocal || hasOutside(outward);
    const usesLocal = shared.internalLocal || (shared.externalLocal && hasOutside(outward));
    return {
      ...outward,
      name,
      protocol,
      port: port.port,
      cluster: usesCluster ? clusterEndpoints(endpoints, node).map(bare) : [],
      local: usesLocal ? localEndpoints(endpoints).map(bare) : [],
      anywhere: servedAnywhere(endpoints),
      serving:
        protocol === 'UDP'
          ? endpoints.filter(endpoint => endpoint.serving).map(({ address, port }) => `${address} ${port}`)
          : [],
    };
  });
}

/** The health check that a balancer may ask for, if this Service has one. Counts ready local addresses of all ports and families. */
export function healthCheck(
  service: V1Service,
  slices: readonly V1EndpointSlice[],
  node: NodeFacts,
): HealthCheck | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort } = service.spec ?? {};
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local' || !healthCheckNodePort) return;
  if (!isProxied(service)) return;
  const local = new Set<string>();
  for (const slice of slices)
    for (const endpoint of isForeign(slice) ? [] : (slice.endpoints ?? []))
      if (endpoint.nodeName === node.name && endpoint.conditions?.ready !== false && endpoint.addresses[0])
        local.add(endpoint.targetRef?.uid ?? endpoint.addresses[0]);
  return { service: keyOf(service), port: healthCheckNodePort, localEndpoints: local.size };
}
