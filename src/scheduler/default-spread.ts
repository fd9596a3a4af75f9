import type { V1LabelSelector } from '../api/generated/types.ts';
import {
  compileLabelSelector,
  hasLabels,
  type LabelSelector,
  selectorFromLabels,
  selectorOf,
} from '../machinery/labels.ts';
import { controllerOf } from '../machinery/object.ts';
import type { Lookups } from './framework.ts';
import type { PodInfo } from './pod-info.ts';
import type { SpreadConstraint } from './spread.ts';

type Find = (key: string, lookups: Lookups) => LabelSelector | undefined;

const compiled = (selector: V1LabelSelector | undefined): LabelSelector | undefined =>
  selector && compileLabelSelector(selector);

/** Selectors of owners, by group and kind. */
const owners: Readonly<Record<string, Find>> = {
  'apps/ReplicaSet': (key, lookups) => compiled(lookups.replicaSet(key)?.spec?.selector),
  'apps/StatefulSet': (key, lookups) => compiled(lookups.statefulSet(key)?.spec?.selector),
  '/ReplicationController': (key, lookups) => {
    const selector = lookups.replicationController(key)?.spec?.selector;
    return selector && selectorFromLabels(selector);
  },
};

/** What the pod's fellows have in common: the selectors of its Services and of its owner (plugins/helper/spread.go). */
export function fellows({ pod, namespace }: PodInfo, lookups: Lookups): LabelSelector | undefined {
  const requirements = lookups
    .services(namespace)
    .filter(({ spec }) => {
      const selector = spec?.selector ?? {};
      return Object.keys(selector).length > 0 && hasLabels(pod.metadata.labels, selector);
    })
    .flatMap(({ spec }) => [...selectorFromLabels(spec?.selector).requirements]);
  const owner = controllerOf(pod);
  if (owner) {
    const group = owner.apiVersion.includes('/') ? owner.apiVersion.split('/')[0] : '';
    const selector = owners[`${group}/${owner.kind}`]?.(`${namespace}/${owner.name}`, lookups);
    if (selector?.nothing) return undefined;
    requirements.push(...(selector?.requirements ?? []));
  }
  if (requirements.length === 0) return undefined;
  const distinct = new Map(requirements.map(known => [JSON.stringify(known), known]));
  return selectorOf([...distinct.values()]);
}

/** Upstream's default constraints for pods without any: spread over nodes, and less strictly over zones. */
export function defaultConstraints(info: PodInfo, lookups: Lookups): SpreadConstraint[] {
  const selector = fellows(info, lookups);
  if (!selector) return [];
  const spread = (topologyKey: string, maxSkew: number): SpreadConstraint => ({
    topologyKey,
    maxSkew,
    minDomains: 1,
    selector,
    includes: (node, affinity) => !affinity || affinity(node),
  });
  return [spread('kubernetes.io/hostname', 3), spread('topology.kubernetes.io/zone', 5)];
}
