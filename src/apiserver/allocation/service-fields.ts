// Fields of a Service that hang together (upstream pkg/registry/core/service/strategy.go): kept, wiped or filled in as its type changes.
import type { V1Service, V1ServiceSpec } from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';

const typeOf = (spec: V1ServiceSpec): string => spec.type ?? 'ClusterIP';
export const needsClusterIp = (spec: V1ServiceSpec): boolean => typeOf(spec) !== 'ExternalName';
export const needsNodePort = (spec: V1ServiceSpec): boolean =>
  typeOf(spec) === 'NodePort' ||
  (typeOf(spec) === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
export const mayHaveNodePort = (spec: V1ServiceSpec): boolean =>
  typeOf(spec) === 'NodePort' || typeOf(spec) === 'LoadBalancer';
export const needsHealthCheck = (spec: V1ServiceSpec): boolean =>
  typeOf(spec) === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
const facesOutside = (spec: V1ServiceSpec): boolean =>
  mayHaveNodePort(spec) || (typeOf(spec) === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
export const isHeadless = (spec: V1ServiceSpec): boolean => spec.clusterIP === 'None';

/** `clusterIP` and the first of `clusterIPs` are the same thing: who sets one sets the other. */
export function normalizeClusterIps(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    else if (!spec.clusterIP && spec.clusterIPs?.length) spec.clusterIP = spec.clusterIPs[0];
    return;
  }
  const sameList = equal(spec.clusterIPs ?? [], old.clusterIPs ?? []);
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (sameList && (spec.clusterIP ?? '') !== (old.clusterIP ?? '')) {
    if (!spec.clusterIP) delete spec.clusterIPs;
    else spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
  }
}

/** An update that leaves out what the server had chosen keeps it. */
export function keepAllocated(spec: V1ServiceSpec, old: V1ServiceSpec): void {
  if (needsClusterIp(spec) && needsClusterIp(old)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs)
      spec.clusterIPs = [...old.clusterIPs];
  }
  if (needsNodePort(spec) && needsNodePort(old)) {
    // By name: a port may change its number and still be the same to those outside.
    const former = new Map((old.ports ?? []).map(port => [port.name ?? '', port.nodePort]));
    const asked = new Set((spec.ports ?? []).map(port => port.nodePort).filter(Boolean));
    for (const port of spec.ports ?? []) {
      const own = former.get(port.name ?? '');
      if (!port.nodePort && own && !asked.has(own)) port.nodePort = own;
    }
  }
  if (needsHealthCheck(spec) && needsHealthCheck(old) && !spec.healthCheckNodePort && old.healthCheckNodePort)
    spec.healthCheckNodePort = old.healthCheckNodePort;
}

/** Wipes what the new type has no use for, as far as the update left it as it was. */
export function dropDependent(spec: V1ServiceSpec, old: V1ServiceSpec): void {
  const drop = <K extends keyof V1ServiceSpec>(...names: K[]): void => {
    for (const name of names) if (equal(spec[name], old[name])) delete spec[name];
  };
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    if (equal(spec.clusterIPs, old.clusterIPs) && spec.clusterIP === old.clusterIP)
      drop('clusterIP', 'clusterIPs');
    drop('ipFamilies', 'ipFamilyPolicy');
  }
  const ports = (each: V1ServiceSpec) => (each.ports ?? []).map(port => port.nodePort ?? 0);
  if (mayHaveNodePort(old) && !mayHaveNodePort(spec) && equal(ports(spec), ports(old)))
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) drop('healthCheckNodePort');
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer')
    drop('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  if (facesOutside(old) && !facesOutside(spec)) drop('externalTrafficPolicy');
}

/** All of the above, on the way in of a write. */
export function prepareService(service: V1Service, old: V1Service | undefined): void {
  const spec = service.spec;
  if (!spec) return;
  normalizeClusterIps(spec, old?.spec);
  if (!old?.spec) return;
  keepAllocated(spec, old.spec);
  dropDependent(spec, old.spec);
}
