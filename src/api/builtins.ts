// Every resource that v1.36 serves by default, as registrations: what the official client tells, joined with the tables of facts.
import { autoscalerConversion } from './conversion/autoscaling.ts';
import { eventConversion } from './conversion/events.ts';
import { categoriesOf, shortNames, storagePrefixes, subresourceKinds, virtual } from './facts/kinds.ts';
import { selectableFields } from './facts/selectable-fields.ts';
import { type ResourceFacts, resourceList } from './generated/resource-list.ts';
import { printerOf } from './printing/all.ts';
import type { Registration, Registry, Subresource } from './registration.ts';
import { registryOf } from './registry.ts';
import { groupResource } from './resource.ts';
import { strategyOf } from './strategies/all.ts';

/** Keys are `resource.group/version`. */
const conversions: Readonly<Record<string, Registration['conversion']>> = {
  'events.events.k8s.io/v1': eventConversion,
  'horizontalpodautoscalers.autoscaling/v1': autoscalerConversion,
};

function subresourcesOf(facts: ResourceFacts, name: string): Record<string, Subresource> {
  const result: Record<string, Subresource> = {};
  for (const [subresource, { verbs, model }] of Object.entries(facts.subresources)) {
    const special = subresourceKinds[`${name}/${subresource}`] ?? subresourceKinds[`*/${subresource}`];
    result[subresource] = { verbs: verbs.toSorted(), ...(model ? { model } : {}), ...special };
  }
  return result;
}

function registrationOf(facts: ResourceFacts): Registration {
  const { group, version, resource, kind, namespaced, model } = facts;
  const name = groupResource(facts);
  const stored = !virtual.has(name);
  return {
    group,
    version,
    resource,
    kind,
    namespaced,
    model,
    listKind: `${kind}List`,
    singular: kind.toLowerCase(),
    shortNames: shortNames[name] ?? [],
    categories: categoriesOf(name),
    verbs: facts.verbs.toSorted(),
    subresources: subresourcesOf(facts, name),
    storagePrefix: stored ? (storagePrefixes[name] ?? resource) : '',
    conversion: conversions[`${name}/${version}`],
    printer: printerOf(name),
    strategy: strategyOf(name, model, 'status' in facts.subresources),
    selectableFields: selectableFields[name] ?? {},
  };
}

/** A new registry with every built-in resource; CustomResourceDefinitions may add theirs to it. */
export const createRegistry = (): Registry => registryOf(resourceList.map(registrationOf));
