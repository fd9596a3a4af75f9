// Services but for what allocation decides (upstream ValidateService and ValidateServiceUpdate).
import { dns1123Label, dns1123Subdomain, labelKey } from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { V1Service, V1ServicePort, V1ServiceSpec } from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';
import { cidr, ipAddress, ipFamily, portName, portNumber } from '../validation/formats.ts';
import { checkLabels } from '../validation/metadata.ts';
import { protocols } from '../validation/pods/containers.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const policies = ['Cluster', 'Local'];
const balancerOnly = "may only be used when `type` is 'LoadBalancer'";

const isHeadless = (spec: V1ServiceSpec): boolean => (spec.clusterIPs?.[0] ?? spec.clusterIP) === 'None';
const isExternal = ({ type, externalIPs }: V1ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);

function checkPort(
  causes: Causes,
  port: V1ServicePort,
  field: string,
  named: boolean,
  names: Set<string>,
): void {
  if (named && !port.name) causes.required(`${field}.name`);
  else if (port.name) {
    causes.each(`${field}.name`, port.name, dns1123Label(port.name));
    if (names.has(port.name)) causes.duplicate(`${field}.name`, port.name);
    names.add(port.name);
  }
  causes.each(`${field}.port`, port.port ?? 0, portNumber(port.port ?? 0));
  causes.oneOf(`${field}.protocol`, port.protocol, protocols, true);
  const target = port.targetPort;
  if (typeof target === 'number') causes.each(`${field}.targetPort`, target, portNumber(target));
  if (typeof target === 'string') causes.each(`${field}.targetPort`, target, portName(target));
  if (port.appProtocol) causes.each(`${field}.appProtocol`, port.appProtocol, labelKey(port.appProtocol));
}

function checkPorts(causes: Causes, spec: V1ServiceSpec): void {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') causes.required('spec.ports');
  const names = new Set<string>();
  for (const [index, port] of ports.entries())
    checkPort(causes, port, `spec.ports[${index}]`, ports.length > 1, names);
  const taken = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const key = `${port.protocol}/${port.port}`;
    if (taken.has(key))
      causes.duplicate(`spec.ports[${index}]`, {
        Name: '',
        Protocol: port.protocol,
        AppProtocol: null,
        Port: port.port,
        TargetPort: 0,
        NodePort: 0,
      });
    taken.add(key);
    if (!port.nodePort) continue;
    const nodeKey = `${port.protocol}/${port.nodePort}`;
    if (spec.type === 'ClusterIP')
      causes.forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'");
    if (nodePorts.has(nodeKey)) causes.duplicate(`spec.ports[${index}].nodePort`, port.nodePort);
    nodePorts.add(nodeKey);
  }
}

function checkType(causes: Causes, spec: V1ServiceSpec): void {
  causes.oneOf('spec.type', spec.type, types, true);
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec))
    causes.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`);
  if (spec.type !== 'ExternalName') return;
  if (spec.clusterIPs?.length || spec.clusterIP)
    causes.forbidden('spec.clusterIPs', 'may not be set for ExternalName services');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name) causes.each('spec.externalName', name, dns1123Subdomain(name));
  else causes.required('spec.externalName');
}

function checkAffinity(causes: Causes, spec: V1ServiceSpec): void {
  causes.oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None'], true);
  const field = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'ClientIP') {
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (seconds === undefined) causes.required(`${field}.clientIP`, 'when session affinity type is ClientIP');
    else if (seconds <= 0 || seconds > 86400)
      causes.invalid(
        `${field}.clientIP.timeoutSeconds`,
        seconds,
        'must be greater than 0 and less than 86400',
      );
  } else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig)
    causes.forbidden(field, 'must not be set when session affinity is None');
}

/** Addresses that no one outside can mean. */
function special(ip: string): string[] {
  if (ip === '0.0.0.0' || /^(0*:)*:?0*$/.test(ip)) return [`may not be unspecified (0.0.0.0 or ::)`];
  if (ip.startsWith('127.') || /^(0*:)*:?0*1$/.test(ip))
    return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip))
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  if (ip.startsWith('224.0.0.') || /^ff02:/i.test(ip))
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  return [];
}

function checkExternal(causes: Causes, spec: V1ServiceSpec): void {
  for (const [index, ip] of (spec.externalIPs ?? []).entries())
    causes.each(`spec.externalIPs[${index}]`, ip, ipFamily(ip) ? special(ip) : ipAddress(ip));
  const balancer = spec.type === 'LoadBalancer';
  if (spec.loadBalancerSourceRanges?.length) {
    if (!balancer) causes.forbidden('spec.LoadBalancerSourceRanges', balancerOnly);
    for (const [index, range] of spec.loadBalancerSourceRanges.entries())
      causes.each(`spec.LoadBalancerSourceRanges[${index}]`, range, cidr(range.trim()));
  }
  if (!balancer && spec.allocateLoadBalancerNodePorts !== undefined)
    causes.forbidden('spec.allocateLoadBalancerNodePorts', balancerOnly);
  if (spec.loadBalancerClass !== undefined) {
    if (!balancer) causes.forbidden('spec.loadBalancerClass', balancerOnly);
    causes.each('spec.loadBalancerClass', spec.loadBalancerClass, labelKey(spec.loadBalancerClass));
  }
  if (isExternal(spec))
    causes.oneOf('spec.externalTrafficPolicy', spec.externalTrafficPolicy, policies, true);
  else if (spec.externalTrafficPolicy)
    causes.invalid(
      'spec.externalTrafficPolicy',
      spec.externalTrafficPolicy,
      'may only be set for externally-accessible services',
    );
  const port = spec.healthCheckNodePort;
  const checked = balancer && spec.externalTrafficPolicy === 'Local';
  if (port && !checked)
    causes.invalid(
      'spec.healthCheckNodePort',
      port,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  if (spec.type !== 'ExternalName')
    causes.oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, policies, true);
  causes.oneOf('spec.trafficDistribution', spec.trafficDistribution, [
    'PreferClose',
    'PreferSameNode',
    'PreferSameZone',
  ]);
}

function checkAddresses(causes: Causes, spec: V1ServiceSpec): void {
  if (spec.type === 'ExternalName') {
    for (const name of ['ipFamilies', 'ipFamilyPolicy'] as const)
      if (spec[name]?.length) causes.forbidden(`spec.${name}`, 'may not be set for ExternalName services');
    return;
  }
  const addresses = spec.clusterIPs ?? [];
  if (addresses.length > 0 && (spec.clusterIP ?? '') !== addresses[0])
    causes.invalid('spec.clusterIPs', addresses, 'first value must match `clusterIP`');
  if (addresses.length > 2) causes.invalid('spec.clusterIPs', addresses, 'may only hold up to 2 values');
  const all = addresses.length > 0 ? addresses : spec.clusterIP ? [spec.clusterIP] : [];
  for (const [index, address] of all.entries()) {
    const field = `spec.clusterIPs[${index}]`;
    if (address === 'None') {
      if (all.length > 1) causes.invalid('spec.clusterIPs', all, "'None' must be the first and only value");
    } else if (address) causes.each(field, address, ipAddress(address));
  }
  if (all.length === 2 && ipFamily(all[0]!) && ipFamily(all[0]!) === ipFamily(all[1]!))
    causes.invalid('spec.clusterIPs', all, 'may specify no more than one IP for each IP family');
  causes.oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, [
    'SingleStack',
    'PreferDualStack',
    'RequireDualStack',
  ]);
  const families = spec.ipFamilies ?? [];
  for (const [index, family] of families.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6')
      causes.notSupported(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']);
    else if (families.indexOf(family) < index) causes.duplicate(`spec.ipFamilies[${index}]`, family);
  }
}

function checkService(causes: Causes, object: KubeObject): void {
  const { spec } = object as V1Service;
  if (!spec) {
    causes.required('spec.ports');
    return;
  }
  checkPorts(causes, spec);
  checkType(causes, spec);
  checkLabels(causes, spec.selector, 'spec.selector');
  checkAffinity(causes, spec);
  checkAddresses(causes, spec);
  checkExternal(causes, spec);
}

/** An empty address on update means the one there is; allocation fills it in. */
function checkUpdate(causes: Causes, object: KubeObject, old: KubeObject): void {
  const [now, before] = [(object as V1Service).spec ?? {}, (old as V1Service).spec ?? {}];
  const bothBalance = now.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (bothBalance && now.loadBalancerClass !== before.loadBalancerClass)
    causes.invalid('spec.loadBalancerClass', now.loadBalancerClass ?? null, 'may not change once set');
  if (now.type === 'ExternalName' || before.type === 'ExternalName') return;
  const [address, was] = [now.clusterIPs?.[0] ?? now.clusterIP, before.clusterIPs?.[0] ?? before.clusterIP];
  if (address && was && address !== was)
    causes.invalid('spec.clusterIPs[0]', now.clusterIPs ?? [address], 'may not change once set');
  const [family, familyWas] = [now.ipFamilies?.[0], before.ipFamilies?.[0]];
  if (family && familyWas && family !== familyWas)
    causes.invalid('spec.ipFamilies[0]', now.ipFamilies, 'may not change once set');
}

export const serviceStrategy: Strategy = {
  validate: object => collect(causes => checkService(causes, object)),
  validateUpdate: (object, old) =>
    collect(causes => {
      checkService(causes, object);
      checkUpdate(causes, object, old);
    }),
  warnings(object) {
    const { spec } = object as V1Service;
    return spec?.sessionAffinity === 'ClientIP' && isHeadless(spec)
      ? ['spec.SessionAffinity is ignored for headless services']
      : [];
  },
};
