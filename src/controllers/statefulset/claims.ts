// Whose the claims of a StatefulSet are, after persistentVolumeClaimRetentionPolicy (KEP-1847).
import { statefulsets } from '../../api/generated/resources/apps.v1.ts';
import { persistentvolumeclaims } from '../../api/generated/resources/core.v1.ts';
import type { V1OwnerReference, V1PersistentVolumeClaim } from '../../api/generated/types.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { claimsFor, type StatefulSet } from './identity.ts';

/** Claims that go with their set are owned by it; others are not. */
export async function syncClaimOwners(
  client: Client,
  cache: Informer<V1PersistentVolumeClaim>,
  set: StatefulSet,
  ordinal: number,
): Promise<void> {
  const goes = set.spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  const { name, uid } = set.metadata;
  const reference: V1OwnerReference = {
    apiVersion: apiVersionOf(statefulsets),
    kind: statefulsets.kind,
    name,
    uid,
  };
  for (const wanted of claimsFor(set, ordinal)) {
    const claim = cache.get(`${set.metadata.namespace}/${wanted.metadata!.name}`);
    if (!claim) continue;
    const others = (claim.metadata.ownerReferences ?? []).filter(owner => owner.uid !== uid);
    const ownerReferences = goes ? [...others, reference] : others;
    if (semanticEqual(claim.metadata.ownerReferences, ownerReferences)) continue;
    if (goes && claim.metadata.ownerReferences?.some(owner => owner.uid === uid)) continue;
    await client.update(persistentvolumeclaims, {
      ...claim,
      metadata: { ...claim.metadata, ownerReferences },
    });
  }
}
