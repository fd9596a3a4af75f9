// The slices that a Service should have (upstream: staging/src/k8s.io/endpointslice/reconciler.go).
import { services } from '../../api/generated/resources/core.v1.ts';
import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointSlice,
  V1Node,
  V1Pod,
  V1Service,
} from '../../api/generated/types.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { canonicalJson } from '../../machinery/hash.ts';
import type { Stored } from '../../machinery/object.ts';
import { generateNameFor } from '../common/names.ts';
import { controllerReference } from '../common/owners.ts';
import { isPodTerminal } from '../common/pods.ts';
import {
  type AddressType,
  addressesOf,
  addressTypesOf,
  endpointPorts,
  toEndpoint,
  zoneOf,
} from './endpoint.ts';
import { packSlices, type Slice, type SliceChanges } from './packing.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const headlessLabel = 'service.kubernetes.io/headless';
export const controllerName = 'endpointslice-controller.k8s.io';
const reserved = new Set([serviceNameLabel, managedByLabel, headlessLabel]);

export const isHeadless = (service: V1Service): boolean =>
  !service.spec?.clusterIP || service.spec.clusterIP === 'None';

/** The Service's labels and those that say whose the slice is. */
export function sliceLabels(service: Stored<V1Service>): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !reserved.has(key));
  return {
    ...Object.fromEntries(own),
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: controllerName,
  };
}

function newSlice(
  service: Stored<V1Service>,
  addressType: AddressType,
  ports: DiscoveryV1EndpointPort[],
): V1EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: generateNameFor(service.metadata.name),
      namespace: service.metadata.namespace,
      labels: sliceLabels(service),
      ownerReferences: [controllerReference(services, service)],
    },
    addressType,
    endpoints: [],
    ports,
  };
}

/** Slices with the same key hold the same ports and may share endpoints. */
export const portKey = (ports: readonly DiscoveryV1EndpointPort[] | undefined): string =>
  (ports ?? [])
    .map(({ name, protocol, port, appProtocol }) =>
      canonicalJson([name ?? '', protocol ?? 'TCP', port ?? null, appProtocol ?? null]),
    )
    .sort()
    .join();

interface Group {
  ports: DiscoveryV1EndpointPort[];
  endpoints: V1Endpoint[];
}

export interface SlicePlan extends SliceChanges {
  /** Pods that are left out because their Node is not known; worth another look. */
  withoutNode: string[];
}

/** Everything that must be written so that the Service's slices (`existing`: this controller's, not being deleted) show its Pods. */
export function planSlices(
  service: Stored<V1Service>,
  pods: readonly Stored<V1Pod>[],
  existing: readonly Slice[],
  nodeOf: (name: string) => V1Node | undefined,
  maxPerSlice: number,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [], withoutNode: [] };
  const types = addressTypesOf(service);
  for (const slice of existing)
    if (!types.includes(slice.addressType as AddressType)) plan.remove.push(slice);
  for (const type of types) {
    const { groups, withoutNode } = groupByPorts(service, pods, type, nodeOf);
    plan.withoutNode.push(...withoutNode);
    const mine = existing.filter(slice => slice.addressType === type);
    const changes = planFamily(service, type, groups, mine, maxPerSlice);
    plan.create.push(...changes.create);
    plan.update.push(...changes.update);
    plan.remove.push(...changes.remove);
  }
  return plan;
}

interface Contribution {
  service: V1Service;
  zone: string | undefined;
  type: AddressType;
  key: string;
  ports: DiscoveryV1EndpointPort[];
  endpoint: V1Endpoint;
}

/** Of large Services all but one Pod are as they were: what they gave last is kept with them. */
const contributions = new WeakMap<V1Pod, Contribution>();

function contributionOf(
  pod: V1Pod,
  node: V1Node | undefined,
  service: V1Service,
  type: AddressType,
): Contribution {
  const zone = zoneOf(node);
  const known = contributions.get(pod);
  if (known?.service === service && known.zone === zone && known.type === type) return known;
  const ports = endpointPorts(service, pod);
  const endpoint = toEndpoint(pod, node, service, type);
  const made = { service, zone, type, key: portKey(ports), ports, endpoint };
  contributions.set(pod, made);
  return made;
}

function groupByPorts(
  service: V1Service,
  pods: readonly Stored<V1Pod>[],
  type: AddressType,
  nodeOf: (name: string) => V1Node | undefined,
): { groups: Map<string, Group>; withoutNode: string[] } {
  const groups = new Map<string, Group>();
  const withoutNode: string[] = [];
  for (const pod of pods) {
    if (isPodTerminal(pod) || addressesOf(pod, type).length === 0) continue;
    const node = pod.spec?.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node && !service.spec?.publishNotReadyAddresses) {
      withoutNode.push(pod.metadata.name);
      continue;
    }
    const { key, ports, endpoint } = contributionOf(pod, node, service, type);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpoint);
  }
  return { groups, withoutNode };
}

function planFamily(
  service: Stored<V1Service>,
  type: AddressType,
  groups: ReadonlyMap<string, Group>,
  existing: readonly Slice[],
  maxPerSlice: number,
): SliceChanges {
  const labels = sliceLabels(service);
  const owner = controllerReference(services, service);
  const isCurrent = ({ metadata }: Slice): boolean =>
    semanticEqual(metadata.labels, labels) &&
    (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.uid);
  const refresh = (slice: Slice, endpoints: V1Endpoint[]): Slice => ({
    ...slice,
    metadata: { ...slice.metadata, labels, ownerReferences: [owner] },
    endpoints,
  });
  const all: SliceChanges = { create: [], update: [], remove: [] };
  const rest = new Map<string, Slice[]>();
  for (const slice of existing) {
    const key = portKey(slice.ports);
    rest.set(key, [...(rest.get(key) ?? []), slice]);
  }
  for (const [key, { ports, endpoints }] of groups) {
    const make = (): V1EndpointSlice => newSlice(service, type, ports);
    const mine = rest.get(key) ?? [];
    rest.delete(key);
    const changes = packSlices({ existing: mine, desired: endpoints, maxPerSlice, make, isCurrent, refresh });
    all.create.push(...changes.create);
    all.update.push(...changes.update);
    all.remove.push(...changes.remove);
  }
  for (const slices of rest.values()) all.remove.push(...slices);
  // Slices whose ports are of no use any more serve for new ones.
  while (all.create.length > 0 && all.remove.length > 0) {
    const { ports, endpoints } = all.create.shift()!;
    all.update.push({ ...refresh(all.remove.shift()!, endpoints ?? []), ports });
  }
  return all.create.length === 0 && all.remove.length === existing.length
    ? withPlaceholder(service, type, all, isCurrent)
    : all;
}

/** A Service always has a slice, if an empty one, so that its readers know that there is nothing. */
function withPlaceholder(
  service: Stored<V1Service>,
  type: AddressType,
  changes: SliceChanges,
  isCurrent: (slice: Slice) => boolean,
): SliceChanges {
  const keeps = (slice: Slice): boolean =>
    !slice.endpoints?.length && !slice.ports?.length && isCurrent(slice);
  const kept = changes.remove.find(keeps);
  if (kept) return { ...changes, remove: changes.remove.filter(slice => slice !== kept) };
  const [reused, ...remove] = changes.remove;
  if (!reused) return { ...changes, create: [newSlice(service, type, [])] };
  const { metadata } = newSlice(service, type, []);
  const { labels, ownerReferences } = metadata!;
  const empty: Slice = {
    ...reused,
    metadata: { ...reused.metadata, labels, ownerReferences },
    endpoints: [],
    ports: [],
  };
  return { create: [], update: [...changes.update, empty], remove };
}
