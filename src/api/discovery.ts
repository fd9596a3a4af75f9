// What a server tells of what it serves (apiserver pkg/endpoints/discovery, plain and aggregated), made from a registry.
import type {
  V1APIGroup,
  V1APIGroupList,
  V1APIResource,
  V1APIResourceList,
  V1APIVersions,
} from './generated/types.ts';
import type { Registration, Registry } from './registration.ts';
import { apiVersionOf } from './resource.ts';

/** Groups in the order in which upstream lists its own; others follow by name (pkg/controlplane/apiserver/aggregator.go). */
const groupOrder = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'resource.k8s.io',
];

const rank = (group: string): number => {
  const at = groupOrder.indexOf(group);
  return at < 0 ? groupOrder.length : at;
};

const versionParts = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Newest and most stable first: v2, v1, v1beta1, v1alpha1, then other names (apimachinery pkg/version). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionParts.exec(a), versionParts.exec(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const stability = (match: RegExpExecArray): number =>
    match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return (
    stability(right) - stability(left) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}

/** Group names but for the core group, in order, each with its versions, the preferred one first. */
export function groupVersions(registry: Registry): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { group, version } of registry.all()) {
    if (group === '') continue;
    const versions = found.get(group) ?? new Set();
    versions.add(version);
    found.set(group, versions);
  }
  const names = [...found.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return new Map(names.map(name => [name, [...found.get(name)!].sort(compareVersions)]));
}

/** GET /api. `address` is where clients reach the server: `10.0.0.1:6443`. */
export const apiVersions = (address: string): V1APIVersions => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

const groupOf = (name: string, versions: readonly string[]): V1APIGroup => {
  const list = versions.map(version => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0]! };
};

/** GET /apis. */
export const apiGroupList = (registry: Registry): V1APIGroupList => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...groupVersions(registry)].map(([name, versions]) => groupOf(name, versions)),
});

/** GET /apis/GROUP; undefined for a group that is not served. */
export function apiGroup(registry: Registry, group: string): V1APIGroup | undefined {
  const versions = groupVersions(registry).get(group);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, versions) };
}

function resourcesOf(registration: Registration): V1APIResource[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = registration;
  const list: V1APIResource[] = [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs: [...verbs],
      ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
      ...(categories.length > 0 ? { categories: [...categories] } : {}),
    },
  ];
  for (const [name, sub] of Object.entries(registration.subresources)) {
    const elsewhere = sub.group !== undefined || sub.version !== undefined;
    list.push({
      name: `${resource}/${name}`,
      singularName: '',
      namespaced,
      ...(elsewhere
        ? { group: sub.group ?? registration.group, version: sub.version ?? registration.version }
        : {}),
      kind: sub.kind ?? kind,
      verbs: [...sub.verbs],
    });
  }
  return list;
}

const inVersion = (registry: Registry, group: string, version: string): Registration[] =>
  registry
    .all()
    .filter(each => each.group === group && each.version === version)
    .toSorted((a, b) => (a.resource < b.resource ? -1 : 1));

/** GET /api/v1 or /apis/GROUP/VERSION; undefined for one that is not served. */
export function apiResourceList(
  registry: Registry,
  group: string,
  version: string,
): V1APIResourceList | undefined {
  const registrations = inVersion(registry, group, version);
  if (registrations.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: registrations.flatMap(resourcesOf).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

interface ResponseKind {
  group: string;
  version: string;
  kind: string;
}

interface ResourceDiscovery {
  resource: string;
  responseKind: ResponseKind;
  scope: 'Namespaced' | 'Cluster';
  singularResource: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  subresources?: { subresource: string; responseKind: ResponseKind; verbs: readonly string[] }[];
}

/** apidiscovery.k8s.io APIGroupDiscoveryList. */
export interface AggregatedDiscovery {
  kind: 'APIGroupDiscoveryList';
  apiVersion: string;
  metadata: Record<string, never>;
  items: {
    metadata: { name?: string; creationTimestamp: null };
    versions: { version: string; resources: ResourceDiscovery[]; freshness: 'Current' }[];
  }[];
}

function aggregated(registration: Registration): ResourceDiscovery {
  const { group, version, kind, resource, namespaced, singular, verbs, shortNames, categories } =
    registration;
  const subresources = Object.entries(registration.subresources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([subresource, sub]) => ({
      subresource,
      responseKind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind ?? kind },
      verbs: sub.verbs,
    }));
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** GET /api (`core`) or /apis for clients that accept `apidiscovery.k8s.io`'s APIGroupDiscoveryList. */
export function aggregatedDiscovery(
  registry: Registry,
  part: 'core' | 'groups',
  version: 'v2' | 'v2beta1' = 'v2',
): AggregatedDiscovery {
  const groups: Iterable<[string, string[]]> = part === 'core' ? [['', ['v1']]] : groupVersions(registry);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups].map(([name, versions]) => ({
      metadata: { ...(name ? { name } : {}), creationTimestamp: null },
      versions: versions.map(each => ({
        version: each,
        resources: inVersion(registry, name, each).map(aggregated),
        freshness: 'Current',
      })),
    })),
  };
}
