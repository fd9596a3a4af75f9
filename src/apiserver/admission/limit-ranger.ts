// Defaults and bounds of a namespace's LimitRanges (upstream plugin/pkg/admission/limitranger, v1.36).
import { limitranges } from '../../api/generated/resources/core.v1.ts';
import type {
  V1Container,
  V1LimitRange,
  V1LimitRangeItem,
  V1PersistentVolumeClaim,
  V1Pod,
} from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
} from '../../machinery/quantity.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { isFor, refuse } from './refuse.ts';

type Amounts = Record<string, string>;
const annotation = 'kubernetes.io/limit-ranger';

const itemsOf = (ranges: readonly V1LimitRange[], type: string): V1LimitRangeItem[] =>
  ranges.flatMap(range => (range.spec?.limits ?? []).filter(item => item.type === type));

const exceeds = (a: string, b: string): boolean => compareQuantities(parseQuantity(a), parseQuantity(b)) > 0;

/** Fills in what a container leaves out; says which resources, for the annotation. */
function applyDefaults(container: V1Container, defaults: { limits: Amounts; requests: Amounts }): string[] {
  const said: string[] = [];
  for (const kind of ['requests', 'limits'] as const) {
    const missing = Object.keys(defaults[kind]).filter(
      name => container.resources?.[kind]?.[name] === undefined,
    );
    if (missing.length === 0) continue;
    container.resources ??= {};
    const added = Object.fromEntries(missing.map(name => [name, defaults[kind][name]!]));
    container.resources[kind] = { ...container.resources[kind], ...added };
    said.push(`${missing.sort().join(', ')} ${kind === 'requests' ? 'request' : 'limit'}`);
  }
  return said;
}

function defaultPod(pod: V1Pod, ranges: readonly V1LimitRange[]): void {
  const items = itemsOf(ranges, 'Container');
  const defaults = {
    requests: Object.assign({}, ...items.map(item => item.defaultRequest)) as Amounts,
    limits: Object.assign({}, ...items.map(item => item.default)) as Amounts,
  };
  const notes: string[] = [];
  const groups = [
    ['container', pod.spec?.containers ?? []],
    ['init container', pod.spec?.initContainers ?? []],
  ] as const;
  for (const [what, containers] of groups) {
    for (const container of containers as V1Container[]) {
      for (const said of applyDefaults(container, defaults))
        notes.push(`${said} for ${what} ${container.name}`);
    }
  }
  if (notes.length === 0) return;
  const metadata = (pod.metadata ??= {});
  metadata.annotations = {
    ...metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

/** What is wrong with amounts against the bounds of one item. */
function violations(item: V1LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const found: string[] = [];
  const claim = item.type === 'PersistentVolumeClaim';
  for (const [name, bound] of Object.entries(item.min ?? {})) {
    const text = `minimum ${name} usage per ${item.type} is ${bound}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) found.push(`${text}.  No request is specified`);
    else if (exceeds(bound, request)) found.push(`${text}, but request is ${request}`);
    else if (limit !== undefined && exceeds(bound, limit)) found.push(`${text}, but limit is ${limit}`);
  }
  for (const [name, bound] of Object.entries(item.max ?? {})) {
    const text = `maximum ${name} usage per ${item.type} is ${bound}`;
    const [request, limit] = [requests[name], limits[name]];
    if (!claim && limit === undefined) found.push(`${text}.  No limit is specified`);
    else if (limit !== undefined && exceeds(limit, bound)) found.push(`${text}, but limit is ${limit}`);
    else if (request !== undefined && exceeds(request, bound))
      found.push(`${text}, but request is ${request}`);
  }
  for (const [name, bound] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const text = `${name} max limit to request ratio per ${item.type} is ${bound}`;
    const [request, limit] = [requests[name], limits[name]];
    const numbers = [request, limit].map(value =>
      value === undefined ? 0 : quantityMilliValue(parseQuantity(value)),
    );
    const [asked = 0, most = 0] = numbers.map(Number);
    if (asked === 0) found.push(`${text}, but no request is specified or request is 0.`);
    else if (most === 0) found.push(`${text}, but no limit is specified or limit is 0.`);
    else if (most / asked > Number(quantityMilliValue(parseQuantity(bound))) / 1000)
      found.push(`${text}, but provided ratio is ${(most / asked).toFixed(6)}`);
  }
  return found;
}

/** What a whole Pod takes: its containers together, or its hungriest init container. */
function sumOf(pod: V1Pod, kind: 'requests' | 'limits'): Amounts {
  const sum: Amounts = {};
  for (const container of pod.spec?.containers ?? []) {
    for (const [name, value] of Object.entries(container.resources?.[kind] ?? {})) {
      const before = sum[name];
      sum[name] =
        before === undefined
          ? value
          : formatQuantity(addQuantities(parseQuantity(before), parseQuantity(value)));
    }
  }
  for (const container of pod.spec?.initContainers ?? []) {
    for (const [name, value] of Object.entries(container.resources?.[kind] ?? {}))
      if (sum[name] === undefined || exceeds(value, sum[name])) sum[name] = value;
  }
  return sum;
}

function checkPod(pod: V1Pod, ranges: readonly V1LimitRange[]): string[] {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return [
    ...itemsOf(ranges, 'Container').flatMap(item =>
      containers.flatMap(({ resources }) =>
        violations(item, resources?.requests ?? {}, resources?.limits ?? {}),
      ),
    ),
    ...itemsOf(ranges, 'Pod').flatMap(item => violations(item, sumOf(pod, 'requests'), sumOf(pod, 'limits'))),
  ];
}

export function limitRanger(informers: Informers): AdmissionPlugin {
  const informer = informers.for(limitranges);
  const refuseAll = (request: AdmissionRequest, found: readonly string[]): void => {
    const all = [...new Set(found)];
    if (all.length > 0) throw refuse(request, all.length > 1 ? `[${all.join(', ')}]` : all[0]!);
  };
  return {
    name: 'LimitRanger',
    admit(request) {
      if (request.operation !== 'CREATE' || !isFor(request, '', 'pods')) return;
      const ranges = informer.list(request.namespace);
      if (ranges.length > 0) defaultPod(request.object as V1Pod, ranges);
    },
    validate(request) {
      const { operation, object, namespace } = request;
      if (operation === 'CREATE' && isFor(request, '', 'pods'))
        return refuseAll(request, checkPod(object as V1Pod, informer.list(namespace)));
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || !isFor(request, '', 'persistentvolumeclaims'))
        return;
      const requests = (object as V1PersistentVolumeClaim).spec?.resources?.requests ?? {};
      const items = itemsOf(informer.list(namespace), 'PersistentVolumeClaim');
      refuseAll(
        request,
        items.flatMap(item => violations(item, requests, {})),
      );
    },
  };
}
