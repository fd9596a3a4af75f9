import type {
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StorageClass,
} from '../api/generated/types.ts';
import { compileLabelSelector } from '../machinery/labels.ts';
import type { Lookups } from './framework.ts';
import { amountOf } from './resources.ts';

/** Names of the claims that a pod uses; those of its ephemeral volumes are named after pod and volume. */
export function claimsOf(pod: V1Pod): string[] {
  const names: string[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec?.volumes ?? []) {
    if (persistentVolumeClaim) names.push(persistentVolumeClaim.claimName);
    else if (ephemeral) names.push(`${pod.metadata?.name ?? ''}-${name}`);
  }
  return names;
}

/** True for a claim that is bound only when a pod that uses it has a node. */
export function waitsForConsumer(claim: V1PersistentVolumeClaim, lookups: Lookups): boolean {
  const storageClass = lookups.storageClass(claim.spec?.storageClassName ?? '');
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** True for a class that makes volumes when they are asked for. */
export const provisions = ({ provisioner }: V1StorageClass): boolean =>
  provisioner !== '' && provisioner !== 'kubernetes.io/no-provisioner';

/** True for a free volume of the claim's class that is large enough and allows what the claim asks for. */
export function fitsClaim(
  { metadata, spec, status }: V1PersistentVolume,
  claim: V1PersistentVolumeClaim,
): boolean {
  const reserved = spec?.claimRef;
  if (reserved) {
    const { name, namespace, uid } = claim.metadata ?? {};
    if (reserved.name !== name || reserved.namespace !== namespace || (reserved.uid && reserved.uid !== uid))
      return false;
  } else if (status?.phase && status.phase !== 'Available') return false;
  if (metadata?.deletionTimestamp) return false;
  const modes = claim.spec?.accessModes ?? [];
  if (!modes.every(mode => spec?.accessModes?.includes(mode))) return false;
  if ((claim.spec?.volumeMode ?? 'Filesystem') !== (spec?.volumeMode ?? 'Filesystem')) return false;
  const selector = claim.spec?.selector;
  if (selector && !compileLabelSelector(selector).matches(metadata?.labels)) return false;
  const wanted = amountOf('storage', claim.spec?.resources?.requests?.storage ?? '0');
  return amountOf('storage', spec?.capacity?.storage ?? '0') >= wanted;
}
