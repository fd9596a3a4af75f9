// Claims and volumes in use are not deleted (upstream: pkg/controller/volume/pvcprotection, pvprotection). Admission puts the finalizers on.
import { persistentvolumeclaims, persistentvolumes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Pod } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import type { Stored } from '../../machinery/object.ts';
import type { ControllerContext } from '../common/context.ts';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';
const claimIndex = 'claim';

/** Keys of the claims that the Pod uses, generic ephemeral ones (named after Pod and volume) included. */
const claimsOf = ({ metadata, spec }: Stored<V1Pod>): string[] =>
  (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    return claim ? [`${metadata.namespace}/${claim}`] : [];
  });

/** A Pod counts from the time that it has a node until its object is gone. */
const uses = (pod: Stored<V1Pod>, key: string): boolean =>
  Boolean(pod.spec?.nodeName) && claimsOf(pod).includes(key);

export function createClaimProtectionController({ client, informers }: ControllerContext): Controller {
  const cache = informers.for(persistentvolumeclaims);
  const podCache = informers.for(pods);
  podCache.addIndex(claimIndex, claimsOf);
  let lastEvent: 'added' | 'updated' | 'deleted' = 'added';
  return {
    name: 'pvc-protection',
    watches: [
      watching({ resource: persistentvolumeclaims }),
      watching({
        resource: pods,
        observe: event => {
          lastEvent = event;
        },
        keys: pod => (lastEvent === 'deleted' ? claimsOf(pod) : []),
      }),
    ],
    async reconcile(key) {
      const claim = cache.get(key);
      if (!claim) return undefined;
      const { finalizers = [], deletionTimestamp, namespace } = claim.metadata;
      const has = finalizers.includes(claimFinalizer);
      if (!deletionTimestamp && !has)
        await client.update(persistentvolumeclaims, {
          ...claim,
          metadata: { ...claim.metadata, finalizers: [...finalizers, claimFinalizer] },
        });
      if (!deletionTimestamp || !has) return undefined;
      if (podCache.byIndex(claimIndex, key).some(pod => uses(pod, key))) return undefined;
      // The cache may be behind a Pod that has just come.
      if ((await client.list(pods, { namespace })).items.some(pod => uses(pod, key))) return undefined;
      await client.update(persistentvolumeclaims, {
        ...claim,
        metadata: { ...claim.metadata, finalizers: finalizers.filter(name => name !== claimFinalizer) },
      });
      return undefined;
    },
  };
}

export function createVolumeProtectionController({ client, informers }: ControllerContext): Controller {
  const cache = informers.for(persistentvolumes);
  return {
    name: 'pv-protection',
    watches: [watching({ resource: persistentvolumes })],
    async reconcile(key) {
      const volume = cache.get(key);
      if (!volume) return undefined;
      const { finalizers = [], deletionTimestamp } = volume.metadata;
      const has = finalizers.includes(volumeFinalizer);
      if (deletionTimestamp ? !has || volume.status?.phase === 'Bound' : has) return undefined;
      const next = deletionTimestamp
        ? finalizers.filter(name => name !== volumeFinalizer)
        : [...finalizers, volumeFinalizer];
      await client.update(persistentvolumes, {
        ...volume,
        metadata: { ...volume.metadata, finalizers: next },
      });
      return undefined;
    },
  };
}
