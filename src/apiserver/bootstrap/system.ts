// The namespaces, priority classes and Services that every cluster starts with.
import { configmaps, endpoints, namespaces, services } from '../../api/generated/resources/core.v1.ts';
import { endpointslices } from '../../api/generated/resources/discovery.k8s.io.v1.ts';
import { servicecidrs } from '../../api/generated/resources/networking.k8s.io.v1.ts';
import { priorityclasses } from '../../api/generated/resources/scheduling.k8s.io.v1.ts';
import type { V1EndpointSlice, V1Endpoints, V1PriorityClass, V1Service } from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';
import { type Wanted, wanted } from './ensure.ts';

export interface SystemOptions {
  /** First is the default family's. */
  serviceCidrs: readonly string[];
  /** Virtual IP of the `kubernetes` Service: the first of the first range. */
  serviceAddress: string;
  /** Virtual IP of cluster DNS: the tenth of the first range. */
  dnsAddress: string;
  /** Where this API server is reached from the nodes. */
  apiServer: { address: string; port: number };
  /** PEM; told to extension API servers. */
  clientCa?: string;
}

export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

const priorityClass = (name: string, value: number, description: string): V1PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
});

const kubernetesService = ({ serviceAddress, apiServer }: SystemOptions): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { component: 'apiserver', provider: 'kubernetes' },
  },
  spec: {
    type: 'ClusterIP',
    clusterIP: serviceAddress,
    clusterIPs: [serviceAddress],
    ipFamilyPolicy: 'SingleStack',
    sessionAffinity: 'None',
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: apiServer.port }],
  },
});

/** Has no selector: each node answers for it itself, and publishes its own endpoint. */
const dnsService = ({ dnsAddress }: SystemOptions): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'kube-dns',
    namespace: 'kube-system',
    labels: {
      'k8s-app': 'kube-dns',
      'kubernetes.io/cluster-service': 'true',
      'kubernetes.io/name': 'CoreDNS',
    },
  },
  spec: {
    type: 'ClusterIP',
    clusterIP: dnsAddress,
    clusterIPs: [dnsAddress],
    internalTrafficPolicy: 'Local',
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
    ],
  },
});

const kubernetesEndpoints = ({ apiServer }: SystemOptions): V1Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
  },
  subsets: [
    {
      addresses: [{ ip: apiServer.address }],
      ports: [{ name: 'https', port: apiServer.port, protocol: 'TCP' }],
    },
  ],
});

const kubernetesSlice = ({ apiServer }: SystemOptions): V1EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { 'kubernetes.io/service-name': 'kubernetes' },
  },
  addressType: apiServer.address.includes(':') ? 'IPv6' : 'IPv4',
  endpoints: [{ addresses: [apiServer.address], conditions: { ready: true } }],
  ports: [{ name: 'https', port: apiServer.port, protocol: 'TCP' }],
});

/** Must be there before anything that lies in them. */
export const wantedNamespaces = (): Wanted[] => [
  wanted({
    resource: namespaces,
    objects: systemNamespaces.map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  }),
];

export const wantedSystem = (options: SystemOptions): Wanted[] => [
  wanted({
    resource: priorityclasses,
    objects: [
      priorityClass(
        'system-cluster-critical',
        2_000_000_000,
        'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
      ),
      priorityClass(
        'system-node-critical',
        2_000_001_000,
        'Used for system critical pods that must not be moved from their current node.',
      ),
    ],
  }),
  wanted({
    resource: services,
    objects: [kubernetesService(options), dnsService(options)],
    // The port may have changed since the last start.
    repair: (existing, expected) =>
      existing.metadata?.name === 'kubernetes' && !equal(existing.spec?.ports, expected.spec?.ports)
        ? { ...existing, spec: { ...existing.spec, ports: expected.spec?.ports } }
        : undefined,
  }),
  wanted({
    resource: endpoints,
    objects: [kubernetesEndpoints(options)],
    repair: (existing, expected) =>
      equal(existing.subsets, expected.subsets) ? undefined : { ...existing, subsets: expected.subsets },
  }),
  wanted({
    resource: endpointslices,
    objects: [kubernetesSlice(options)],
    repair: (existing, expected) =>
      equal(existing.endpoints, expected.endpoints) && equal(existing.ports, expected.ports)
        ? undefined
        : { ...existing, endpoints: expected.endpoints, ports: expected.ports },
  }),
  ...(options.clientCa
    ? [
        wanted({
          resource: configmaps,
          objects: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
              data: { 'client-ca-file': options.clientCa },
            },
          ],
          repair: (existing, expected) =>
            equal(existing.data, expected.data) ? undefined : { ...existing, data: expected.data },
        }),
      ]
    : []),
];

/** Must be there before Services ask for addresses. */
export const wantedRanges = ({ serviceCidrs }: SystemOptions): Wanted[] => [
  wanted({
    resource: servicecidrs,
    objects: [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'ServiceCIDR',
        metadata: { name: 'kubernetes' },
        spec: { cidrs: [...serviceCidrs] },
      },
    ],
  }),
];
