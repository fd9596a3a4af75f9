import { replicasets, statefulsets } from '../api/generated/resources/apps.v1.ts';
import {
  namespaces,
  persistentvolumeclaims,
  persistentvolumes,
  replicationcontrollers,
  services,
} from '../api/generated/resources/core.v1.ts';
import { poddisruptionbudgets } from '../api/generated/resources/policy.v1.ts';
import { storageclasses } from '../api/generated/resources/storage.k8s.io.v1.ts';
import type { Informers } from '../client/informer.ts';
import type { Lookups } from './framework.ts';

const byClass = 'storageClass';

const resources = [
  namespaces,
  services,
  replicasets,
  statefulsets,
  replicationcontrollers,
  persistentvolumeclaims,
  persistentvolumes,
  storageclasses,
  poddisruptionbudgets,
] as const;

/** Resolves when the caches behind the lookups have synced. */
export async function whenLookupsSynced(
  informers: Informers,
  signal: AbortSignal | undefined,
): Promise<void> {
  await Promise.all(resources.map(resource => informers.for<unknown>(resource).whenSynced(signal)));
}

/** Lookups in the shared caches. */
export function createLookups(informers: Informers): Lookups {
  const volumes = informers.for(persistentvolumes);
  volumes.addIndex(byClass, ({ spec }) => [spec?.storageClassName ?? '']);
  const namespaceCache = informers.for(namespaces);
  const serviceCache = informers.for(services);
  const sets = informers.for(replicasets);
  const stateful = informers.for(statefulsets);
  const controllers = informers.for(replicationcontrollers);
  const claims = informers.for(persistentvolumeclaims);
  const classes = informers.for(storageclasses);
  const budgets = informers.for(poddisruptionbudgets);
  return {
    disruptionBudgets: () => budgets.list(),
    namespaceLabels: namespace => namespaceCache.get(namespace)?.metadata.labels,
    services: namespace => serviceCache.list(namespace),
    replicaSet: key => sets.get(key),
    statefulSet: key => stateful.get(key),
    replicationController: key => controllers.get(key),
    claim: key => claims.get(key),
    volume: name => volumes.get(name),
    volumesOfClass: name => volumes.byIndex(byClass, name),
    storageClass: name => classes.get(name),
  };
}
