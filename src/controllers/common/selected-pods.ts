// Which Pods a Service selects and which Services select a Pod, without scanning a namespace.
import type { V1Pod, V1Service } from '../../api/generated/types.ts';
import type { Informer } from '../../client/informer.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { hasLabels } from '../../machinery/labels.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import { isPodReady, isPodTerminal } from './pods.ts';

const podIndex = 'label';
const serviceIndex = 'selector';
const pair = (namespace: string | undefined, key: string, value: string): string =>
  `${namespace ?? ''}/${key}=${value}`;

/** Adds the indexes that the functions here use. */
export function indexSelections(pods: Informer<V1Pod>, services: Informer<V1Service>): void {
  pods.addIndex(podIndex, ({ metadata }) =>
    Object.entries(metadata.labels ?? {}).map(([key, value]) => pair(metadata.namespace, key, value)),
  );
  services.addIndex(serviceIndex, ({ metadata, spec }) => {
    const first = Object.entries(spec?.selector ?? {})[0];
    return first ? [pair(metadata.namespace, ...first)] : [];
  });
}

/** The Pods that the Service's selector matches; none for a Service without one. */
export function podsOf(pods: Informer<V1Pod>, service: Stored<V1Service>): Stored<V1Pod>[] {
  const selector = service.spec?.selector ?? {};
  const { namespace } = service.metadata;
  let smallest: Stored<V1Pod>[] | undefined;
  for (const [key, value] of Object.entries(selector)) {
    const found = pods.byIndex(podIndex, pair(namespace, key, value));
    if (!smallest || found.length < smallest.length) smallest = found;
  }
  return (smallest ?? []).filter(pod => hasLabels(pod.metadata.labels, selector));
}

function keysFor(services: Informer<V1Service>, pod: Stored<V1Pod>): string[] {
  const { namespace, labels = {} } = pod.metadata;
  const keys: string[] = [];
  for (const key in labels)
    for (const service of services.byIndex(serviceIndex, pair(namespace, key, labels[key]!)))
      if (hasLabels(labels, service.spec?.selector ?? {})) keys.push(keyOf(service));
  return keys;
}

/** Keys of the Services that a Pod's event concerns: none where nothing that endpoints show has changed. */
export function serviceKeys(services: Informer<V1Service>) {
  return (pod: Stored<V1Pod>, previous: Stored<V1Pod> | undefined): string[] => {
    if (!previous) return keysFor(services, pod);
    const labelsChanged = !semanticEqual(pod.metadata.labels, previous.metadata.labels);
    if (!labelsChanged && !endpointChanged(pod, previous)) return [];
    const keys = keysFor(services, pod);
    return labelsChanged ? [...new Set([...keys, ...keysFor(services, previous)])] : keys;
  };
}

const endpointChanged = (a: Stored<V1Pod>, b: Stored<V1Pod>): boolean =>
  a.metadata.uid !== b.metadata.uid ||
  a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp ||
  isPodReady(a) !== isPodReady(b) ||
  isPodTerminal(a) !== isPodTerminal(b) ||
  a.spec?.nodeName !== b.spec?.nodeName ||
  a.spec?.hostname !== b.spec?.hostname ||
  a.spec?.subdomain !== b.spec?.subdomain ||
  !semanticEqual(a.status?.podIPs, b.status?.podIPs);
