import { namespaces, services } from '../api/generated/resources/core.v1.ts';
import { endpointslices } from '../api/generated/resources/discovery.k8s.io.v1.ts';
import type { Resource } from '../api/resource.ts';
import type { Informers } from '../client/informer.ts';
import { type KubeObject, keyOf } from '../machinery/object.ts';
import type { ClusterRecords } from './records.ts';

/** Keeps `records` in step with the API. `synced` tells whether all that exists is in; `stop` ends it. */
export function followCluster(
  informers: Informers,
  records: ClusterRecords,
): { synced(): boolean; stop(): void } {
  const stops: (() => void)[] = [];
  const checks: (() => boolean)[] = [];
  const follow = <T extends KubeObject>(
    resource: Resource<T>,
    set: (key: string, object: T | undefined) => void,
  ): void => {
    const informer = informers.for(resource);
    checks.push(() => informer.synced);
    stops.push(
      informer.addHandler({
        added: object => set(keyOf(object), object),
        updated: object => set(keyOf(object), object),
        deleted: object => set(keyOf(object), undefined),
      }),
    );
  };
  follow(namespaces, (key, object) => {
    // Namespaces change often (status, labels); only their being there matters.
    if (records.hasNamespace(key) !== (object !== undefined)) records.setNamespace(key, object !== undefined);
  });
  follow(services, (key, object) => records.setService(key, object));
  follow(endpointslices, (key, object) => records.setSlice(key, object));
  return {
    synced: () => checks.every(check => check()),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
