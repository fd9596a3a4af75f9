// Services, endpoints, ingresses and the like (upstream pkg/printers/internalversion/printers.go).
import { formatLabelSelector } from '../../machinery/labels.ts';
import type {
  V1EndpointSlice,
  V1Endpoints,
  V1Ingress,
  V1IngressClass,
  V1IPAddress,
  V1NetworkPolicy,
  V1Service,
  V1ServiceCIDR,
  V1ServicePort,
} from '../generated/types.ts';
import { age, firstOf, labelsText, nameOf, orNone, printer } from './columns.ts';

const portText = ({ port, nodePort, protocol }: V1ServicePort): string =>
  nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;

type Balanced = { ip?: string; hostname?: string };
const balancerText = (ingress: readonly Balanced[] | undefined): string =>
  [...new Set((ingress ?? []).map(each => each.ip || each.hostname || '').filter(Boolean))].sort().join(',');

function externalAddress({ spec, status }: V1Service): string {
  const addresses = (spec?.externalIPs ?? []).join(',');
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  if (spec?.type !== 'LoadBalancer') return orNone(addresses);
  const balanced = balancerText(status?.loadBalancer?.ingress);
  if (addresses) return balanced ? `${balanced},${addresses}` : addresses;
  return balanced || '<pending>';
}

export const servicePrinter = printer<V1Service>(
  'Name, Type, Cluster-IP, External-IP, Port(s), Age, +Selector',
  (object, now) => [
    nameOf(object),
    object.spec?.type ?? '',
    orNone(object.spec?.clusterIPs?.[0] ?? object.spec?.clusterIP),
    externalAddress(object),
    orNone((object.spec?.ports ?? []).map(portText).join(',')),
    age(object, now),
    labelsText(object.spec?.selector),
  ],
);

const hostPort = (ip: string, port: number): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

export const endpointsPrinter = printer<V1Endpoints>('Name, Endpoints, Age', (object, now) => {
  const list: string[] = [];
  for (const { addresses = [], ports = [] } of object.subsets ?? [])
    if (ports.length === 0) list.push(...addresses.map(each => each.ip));
    else for (const { port } of ports) list.push(...addresses.map(each => hostPort(each.ip, port)));
  return [nameOf(object), firstOf(list, 3, '<none>'), age(object, now)];
});

export const endpointSlicePrinter = printer<V1EndpointSlice>(
  'Name, AddressType, Ports, Endpoints, Age',
  (object, now) => {
    const ports = (object.ports ?? []).map(each => (each.port === undefined ? '*' : `${each.port}`));
    const addresses = (object.endpoints ?? []).flatMap(each => each.addresses);
    return [
      nameOf(object),
      object.addressType,
      firstOf(ports, 3, '<unset>'),
      firstOf(addresses, 3, '<unset>'),
      age(object, now),
    ];
  },
);

export const ingressPrinter = printer<V1Ingress>('Name, Class, Hosts, Address, Ports, Age', (object, now) => {
  const { spec, status } = object;
  const hosts = (spec?.rules ?? []).map(rule => rule.host).filter(host => host !== undefined && host !== '');
  return [
    nameOf(object),
    orNone(spec?.ingressClassName ?? object.metadata?.annotations?.['kubernetes.io/ingress.class']),
    firstOf(hosts as string[], 3, '*'),
    balancerText(status?.loadBalancer?.ingress),
    spec?.tls?.length ? '80, 443' : '80',
    age(object, now),
  ];
});

export const ingressClassPrinter = printer<V1IngressClass>(
  'Name, Controller, Parameters, Age',
  (object, now) => {
    const reference = object.spec?.parameters;
    const text = reference
      ? `${reference.kind}${reference.apiGroup ? `.${reference.apiGroup}` : ''}/${reference.name}`
      : '<none>';
    return [nameOf(object), object.spec?.controller ?? '', text, age(object, now)];
  },
);

export const networkPolicyPrinter = printer<V1NetworkPolicy>('Name, Pod-Selector, Age', (object, now) => [
  nameOf(object),
  orNone(formatLabelSelector(object.spec?.podSelector)),
  age(object, now),
]);

export const serviceCidrPrinter = printer<V1ServiceCIDR>('Name, CIDRs, Age', (object, now) => [
  nameOf(object),
  (object.spec?.cidrs ?? []).join(','),
  age(object, now),
]);

export const ipAddressPrinter = printer<V1IPAddress>('Name, ParentRef, Age', (object, now) => {
  const { group = '', resource = '', namespace, name = '' } = object.spec?.parentRef ?? {};
  const parts = [group ? `${resource}.${group}` : resource, ...(namespace ? [namespace] : []), name];
  return [nameOf(object), parts.join('/'), age(object, now)];
});
