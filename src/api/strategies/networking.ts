// Endpoints, EndpointSlices, Ingresses, NetworkPolicies, IngressClasses, ServiceCIDRs, IPAddresses.
import { semanticEqual } from '../../machinery/equality.ts';
import { dns1123Label, dns1123Subdomain, labelKey } from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type {
  V1EndpointSlice,
  V1Endpoints,
  V1Ingress,
  V1IngressBackend,
  V1IngressClass,
  V1IPAddress,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1ServiceCIDR,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import type { Causes } from '../validation/causes.ts';
import { cidr, ipAddress, ipFamily, portName, portNumber } from '../validation/formats.ts';
import { protocols } from '../validation/pods/containers.ts';
import { checkSelector } from '../validation/selectors.ts';
import { alike } from './generic.ts';

/** Addresses that no endpoint can have (ValidateEndpointIP). */
function endpointAddress(ip: string): string[] {
  const family = ipFamily(ip);
  if (!family) return ipAddress(ip);
  if (ip === '0.0.0.0' || ip === '::') return ['may not be unspecified (0.0.0.0 or ::)'];
  if (ip.startsWith('127.') || ip === '::1')
    return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip))
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  if (ip.startsWith('224.0.0.') || /^ff02:/i.test(ip))
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  return [];
}

function checkEndpoints(causes: Causes, object: KubeObject): void {
  for (const [index, subset] of ((object as V1Endpoints).subsets ?? []).entries()) {
    const field = `subsets[${index}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length === 0 && notReadyAddresses.length === 0)
      causes.required(field, 'must specify `addresses` or `notReadyAddresses`');
    for (const [name, list] of [
      ['addresses', addresses],
      ['notReadyAddresses', notReadyAddresses],
    ] as const)
      for (const [at, address] of list.entries()) {
        const place = `${field}.${name}[${at}]`;
        causes.each(`${place}.ip`, address.ip ?? '', endpointAddress(address.ip ?? ''));
        if (address.hostname)
          causes.each(`${place}.hostname`, address.hostname, dns1123Label(address.hostname));
        if (address.nodeName)
          causes.each(`${place}.nodeName`, address.nodeName, dns1123Subdomain(address.nodeName));
      }
    for (const [at, port] of ports.entries()) {
      const place = `${field}.ports[${at}]`;
      if (ports.length > 1 && !port.name) causes.required(`${place}.name`);
      else if (port.name) causes.each(`${place}.name`, port.name, dns1123Label(port.name));
      causes.each(`${place}.port`, port.port ?? 0, portNumber(port.port ?? 0));
      causes.oneOf(`${place}.protocol`, port.protocol, protocols, true);
    }
  }
}

function checkSliceAddress(causes: Causes, type: string, address: string, field: string): void {
  if (type === 'FQDN') {
    causes.each(field, address, dns1123Subdomain(address));
    return;
  }
  const family = type === 'IPv4' ? 4 : 6;
  if (ipFamily(address) !== family) causes.invalid(field, address, `must be a valid ${type} address`);
  else causes.each(field, address, endpointAddress(address));
}

function checkSlice(causes: Causes, object: KubeObject): void {
  const { addressType, endpoints = [], ports = [] } = object as V1EndpointSlice;
  const types = ['FQDN', 'IPv4', 'IPv6'];
  if (!addressType) causes.required('addressType');
  else if (!types.includes(addressType)) causes.notSupported('addressType', addressType, types);
  if (endpoints.length > 1000) causes.tooMany('endpoints', endpoints.length, 1000);
  for (const [index, endpoint] of endpoints.entries()) {
    const field = `endpoints[${index}]`;
    const addresses = endpoint.addresses ?? [];
    if (addresses.length === 0) causes.required(`${field}.addresses`, 'must contain at least 1 address');
    else if (addresses.length > 100) causes.tooMany(`${field}.addresses`, addresses.length, 100);
    else if (types.includes(addressType))
      for (const [at, address] of addresses.entries())
        checkSliceAddress(causes, addressType, address, `${field}.addresses[${at}]`);
    if (endpoint.nodeName)
      causes.each(`${field}.nodeName`, endpoint.nodeName, dns1123Subdomain(endpoint.nodeName));
    if (endpoint.hostname !== undefined)
      causes.each(`${field}.hostname`, endpoint.hostname, dns1123Label(endpoint.hostname));
  }
  if (ports.length > 20000) causes.tooMany('ports', ports.length, 20000);
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const field = `ports[${index}]`;
    const name = port.name ?? '';
    if (name) causes.each(`${field}.name`, name, dns1123Label(name));
    if (names.has(name)) causes.duplicate(`${field}.name`, name);
    names.add(name);
    causes.oneOf(`${field}.protocol`, port.protocol, protocols, true);
    if (port.appProtocol) causes.each(`${field}.appProtocol`, port.appProtocol, labelKey(port.appProtocol));
  }
}

export const endpointsStrategy = alike(checkEndpoints);
export const endpointSliceStrategy = alike(checkSlice, (causes, object, old) => {
  const [now, before] = [(object as V1EndpointSlice).addressType, (old as V1EndpointSlice).addressType];
  if (now !== before) causes.immutable('addressType', now);
});

function checkBackend(causes: Causes, backend: V1IngressBackend | undefined, field: string): void {
  const { service, resource } = backend ?? {};
  if (!service && !resource) causes.required(field, 'resource or service backend is required');
  else if (service && resource) causes.invalid(field, '', 'cannot set both resource and service backends');
  if (!service) return;
  if (!service.name) causes.required(`${field}.service.name`);
  const { name, number } = service.port ?? {};
  if (!name && !number) causes.required(`${field}.service`, 'port name or number is required');
  else if (name && number) causes.invalid(`${field}.service`, '', 'cannot set both port name & port number');
  else if (name) causes.each(`${field}.service.port.name`, name, portName(name));
  else causes.each(`${field}.service.port.number`, number, portNumber(number!));
}

function checkIngress(causes: Causes, object: KubeObject): void {
  const spec = (object as V1Ingress).spec ?? {};
  const rules = spec.rules ?? [];
  if (rules.length === 0 && !spec.defaultBackend)
    causes.invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified');
  if (spec.defaultBackend) checkBackend(causes, spec.defaultBackend, 'spec.defaultBackend');
  for (const [index, rule] of rules.entries()) {
    const field = `spec.rules[${index}]`;
    if (rule.host) {
      if (ipFamily(rule.host))
        causes.invalid(`${field}.host`, rule.host, 'must be a DNS name, not an IP address');
      const host = rule.host.startsWith('*.') ? rule.host.slice(2) : rule.host;
      causes.each(`${field}.host`, rule.host, dns1123Subdomain(host));
    }
    if (!rule.http) continue;
    const paths = rule.http.paths ?? [];
    if (paths.length === 0) causes.required(`${field}.http.paths`);
    for (const [at, path] of paths.entries()) {
      const place = `${field}.http.paths[${at}]`;
      const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
      if (!path.pathType) causes.required(`${place}.pathType`, 'pathType must be specified');
      else if (!types.includes(path.pathType)) causes.notSupported(`${place}.pathType`, path.pathType, types);
      if (path.pathType !== 'ImplementationSpecific' || path.path)
        if (!path.path?.startsWith('/'))
          causes.invalid(`${place}.path`, path.path ?? '', 'must be an absolute path');
      checkBackend(causes, path.backend, `${place}.backend`);
    }
  }
  if (spec.ingressClassName)
    causes.each('spec.ingressClassName', spec.ingressClassName, dns1123Subdomain(spec.ingressClassName));
}

export const ingressStrategy = alike(checkIngress);

export const ingressClassStrategy = alike(
  (causes, object) => {
    const controller = (object as V1IngressClass).spec?.controller ?? '';
    if (!controller) causes.required('spec.controller');
    else if (controller.length > 250) causes.tooLong('spec.controller', 250);
    else if (!/^[^/]+\/.+$/.test(controller))
      causes.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
  },
  (causes, object, old) => {
    const [now, before] = [
      (object as V1IngressClass).spec?.controller,
      (old as V1IngressClass).spec?.controller,
    ];
    if (now !== before) causes.immutable('spec.controller', now);
  },
);

function checkPolicyPort(causes: Causes, port: V1NetworkPolicyPort, field: string): void {
  causes.oneOf(`${field}.protocol`, port.protocol, protocols);
  if (typeof port.port === 'number') {
    causes.each(`${field}.port`, port.port, portNumber(port.port));
    if (port.endPort !== undefined && port.endPort < port.port)
      causes.invalid(`${field}.endPort`, port.port, 'must be greater than or equal to `port`');
  } else if (typeof port.port === 'string') causes.each(`${field}.port`, port.port, portName(port.port));
  if (port.endPort !== undefined && typeof port.port !== 'number')
    causes.invalid(`${field}.endPort`, port.endPort, 'may not be specified when `port` is non-numeric');
}

function checkPeer(causes: Causes, peer: V1NetworkPolicyPeer, field: string): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (podSelector) checkSelector(causes, podSelector, `${field}.podSelector`);
  if (namespaceSelector) checkSelector(causes, namespaceSelector, `${field}.namespaceSelector`);
  if (ipBlock) {
    if (!ipBlock.cidr) causes.required(`${field}.ipBlock.cidr`);
    else causes.each(`${field}.ipBlock.cidr`, ipBlock.cidr, cidr(ipBlock.cidr));
    for (const [index, except] of (ipBlock.except ?? []).entries())
      causes.each(`${field}.ipBlock.except[${index}]`, except, cidr(except));
    if (podSelector || namespaceSelector)
      causes.forbidden(field, 'may not specify both ipBlock and another peer');
  } else if (!podSelector && !namespaceSelector) causes.required(field, 'must specify a peer');
}

export const networkPolicyStrategy = alike((causes, object) => {
  const spec = (object as V1NetworkPolicy).spec;
  checkSelector(causes, spec?.podSelector, 'spec.podSelector');
  for (const [index, { ports = [], from = [] }] of (spec?.ingress ?? []).entries()) {
    for (const [at, port] of ports.entries())
      checkPolicyPort(causes, port, `spec.ingress[${index}].ports[${at}]`);
    for (const [at, peer] of from.entries()) checkPeer(causes, peer, `spec.ingress[${index}].from[${at}]`);
  }
  for (const [index, { ports = [], to = [] }] of (spec?.egress ?? []).entries()) {
    for (const [at, port] of ports.entries())
      checkPolicyPort(causes, port, `spec.egress[${index}].ports[${at}]`);
    for (const [at, peer] of to.entries()) checkPeer(causes, peer, `spec.egress[${index}].to[${at}]`);
  }
  const types = spec?.policyTypes ?? [];
  if (types.length > 2)
    causes.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes');
  for (const [index, type] of types.entries())
    if (type !== 'Ingress' && type !== 'Egress')
      causes.notSupported(`spec.policyTypes[${index}]`, type, ['Egress', 'Ingress']);
});

export const serviceCidrStrategy = alike(
  (causes, object) => {
    const cidrs = (object as V1ServiceCIDR).spec?.cidrs ?? [];
    if (cidrs.length === 0) causes.required('spec.cidrs', 'at least one CIDR required');
    if (cidrs.length > 2) causes.invalid('spec', { cidrs }, 'may only hold up to 2 values');
    for (const [index, each] of cidrs.entries()) causes.each(`spec.cidrs[${index}]`, each, cidr(each));
  },
  (causes, object, old) => {
    const [now, before] = [(object as V1ServiceCIDR).spec?.cidrs, (old as V1ServiceCIDR).spec?.cidrs];
    if (!semanticEqual(now, before)) causes.immutable('spec.cidrs', now);
  },
);

export const ipAddressStrategy = alike(
  (causes, object) => {
    const reference = (object as V1IPAddress).spec?.parentRef;
    if (!reference) {
      causes.required('spec.parentRef');
      return;
    }
    if (!reference.resource) causes.required('spec.parentRef.resource');
    if (!reference.name) causes.required('spec.parentRef.name');
  },
  (causes, object, old) => {
    const [now, before] = [(object as V1IPAddress).spec?.parentRef, (old as V1IPAddress).spec?.parentRef];
    if (!semanticEqual(now, before)) causes.immutable('spec.parentRef', now);
  },
) satisfies Strategy;
