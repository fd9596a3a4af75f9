// Slices for an Endpoints object that somebody wrote by hand (upstream: pkg/controller/endpointslicemirroring).
import { endpoints as endpointsResource } from '../../api/generated/resources/core.v1.ts';
import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointAddress,
  V1EndpointSlice,
  V1EndpointSubset,
  V1Endpoints,
} from '../../api/generated/types.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import type { Stored } from '../../machinery/object.ts';
import { generateNameFor } from '../common/names.ts';
import { controllerReference } from '../common/owners.ts';
import { packSlices, type Slice, type SliceChanges } from '../endpointslice/packing.ts';
import { managedByLabel, portKey, serviceNameLabel } from '../endpointslice/slices.ts';
import { triggerTimeAnnotation } from '../endpointslice/trigger-time.ts';

export const mirroringName = 'endpointslicemirroring-controller.k8s.io';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** Endpoints per subset that are mirrored. */
const maxPerSubset = 1000;

type AddressType = 'IPv4' | 'IPv6';

function toEndpoint(address: V1EndpointAddress, ready: boolean): V1Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}

const toPorts = (subset: V1EndpointSubset): DiscoveryV1EndpointPort[] =>
  (subset.ports ?? []).map(({ name, port, protocol, appProtocol }) => ({
    name: name ?? '',
    port,
    protocol: protocol ?? 'TCP',
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));

interface Group {
  type: AddressType;
  ports: DiscoveryV1EndpointPort[];
  endpoints: V1Endpoint[];
}

function groupsOf(endpoints: V1Endpoints): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const subset of endpoints.subsets ?? []) {
    const ports = toPorts(subset);
    const all = [
      ...(subset.addresses ?? []).map(address => toEndpoint(address, true)),
      ...(subset.notReadyAddresses ?? []).map(address => toEndpoint(address, false)),
    ];
    for (const endpoint of all.slice(0, maxPerSubset)) {
      const type = endpoint.addresses[0]!.includes(':') ? 'IPv6' : 'IPv4';
      const key = `${type} ${portKey(ports)}`;
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { type, ports, endpoints: [] }));
      group.endpoints.push(endpoint);
    }
  }
  return groups;
}

/** What to write so that `existing` slices mirror the object. */
export function planMirror(endpoints: Stored<V1Endpoints>, existing: readonly Slice[]): SliceChanges {
  const { name, namespace, labels: own = {}, annotations: notes = {} } = endpoints.metadata;
  const labels = { ...own, [serviceNameLabel]: name, [managedByLabel]: mirroringName };
  const { [lastAppliedAnnotation]: _, [triggerTimeAnnotation]: __, ...annotations } = notes;
  const ownerReferences = [controllerReference(endpointsResource, endpoints)];
  const changes: SliceChanges = { create: [], update: [], remove: [] };
  const rest = Map.groupBy(existing, slice => `${slice.addressType} ${portKey(slice.ports)}`);
  for (const [key, { type, ports, endpoints: desired }] of groupsOf(endpoints)) {
    const mine = rest.get(key) ?? [];
    rest.delete(key);
    const made = packSlices({
      existing: mine,
      desired,
      maxPerSlice: maxPerSubset,
      make: (): V1EndpointSlice => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { generateName: generateNameFor(name), namespace, labels, annotations, ownerReferences },
        addressType: type,
        endpoints: [],
        ports,
      }),
      isCurrent: ({ metadata }) =>
        semanticEqual(metadata.labels, labels) && semanticEqual(metadata.annotations, annotations),
      refresh: (slice, list) => ({
        ...slice,
        metadata: { ...slice.metadata, labels, annotations, ownerReferences },
        endpoints: list,
      }),
    });
    changes.create.push(...made.create);
    changes.update.push(...made.update);
    changes.remove.push(...made.remove);
  }
  for (const slices of rest.values()) changes.remove.push(...slices);
  return changes;
}
