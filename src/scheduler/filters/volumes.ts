import type { V1PersistentVolume, V1PersistentVolumeClaim } from '../../api/generated/types.ts';
import { type NodeMatcher, selectorMatcher } from '../../machinery/node-affinity.ts';
import type { FilterPlugin, Lookups, NodeFilter, Rejection } from '../framework.ts';
import { claimsOf, fitsClaim, provisions, waitsForConsumer } from '../volumes.ts';

const wrongNode: Rejection = {
  reasons: ["node(s) didn't match PersistentVolume's node affinity"],
  unresolvable: true,
};
const lostVolume: Rejection = {
  reasons: ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
  unresolvable: true,
};
const noVolume: Rejection = {
  reasons: ["node(s) didn't find available persistent volumes to bind"],
  unresolvable: true,
};

const reach = (volume: V1PersistentVolume): NodeMatcher | undefined => {
  const required = volume.spec?.nodeAffinity?.required;
  return required && selectorMatcher(required);
};

function boundFilter(claim: V1PersistentVolumeClaim, lookups: Lookups): NodeFilter | undefined {
  const volume = lookups.volume(claim.spec?.volumeName ?? '');
  if (!volume) return () => lostVolume;
  const matches = reach(volume);
  return matches && (node => (matches(node) ? undefined : wrongNode));
}

/** A claim that waits for its first pod: a free volume that the node reaches, or a class that makes one there. */
function waitingFilter(claim: V1PersistentVolumeClaim, lookups: Lookups): NodeFilter | undefined {
  const storageClass = lookups.storageClass(claim.spec?.storageClassName ?? '');
  const free = lookups
    .volumesOfClass(claim.spec?.storageClassName ?? '')
    .filter(volume => fitsClaim(volume, claim))
    .map(reach);
  if (free.some(matches => !matches)) return undefined;
  const provisioned = storageClass && provisions(storageClass);
  const topologies = storageClass?.allowedTopologies ?? [];
  const allowed = (node: Parameters<NodeMatcher>[0]): boolean =>
    topologies.length === 0 ||
    topologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? '')),
    );
  return node => {
    if (free.some(matches => matches!(node)) || (provisioned && allowed(node))) return undefined;
    return noVolume;
  };
}

/** What the pod's persistent volume claims allow. */
export const volumeBinding: FilterPlugin = {
  name: 'VolumeBinding',
  events: ['node-added', 'node-labels', 'volume', 'claim', 'storage-class'],
  prepare({ pod, namespace }, { lookups }) {
    const names = claimsOf(pod);
    if (names.length === 0) return undefined;
    const filters: NodeFilter[] = [];
    for (const name of names) {
      const claim = lookups.claim(`${namespace}/${name}`);
      if (!claim) return { reject: `persistentvolumeclaim "${name}" not found` };
      if (claim.metadata?.deletionTimestamp) {
        return { reject: `persistentvolumeclaim "${name}" is being deleted` };
      }
      if (claim.status?.phase === 'Lost') {
        const volume = claim.spec?.volumeName ?? '';
        return {
          reject: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volume}"`,
        };
      }
      const bound =
        claim.spec?.volumeName && claim.metadata?.annotations?.['pv.kubernetes.io/bind-completed'];
      if (!bound && !waitsForConsumer(claim, lookups))
        return { reject: 'pod has unbound immediate PersistentVolumeClaims' };
      const filter = bound ? boundFilter(claim, lookups) : waitingFilter(claim, lookups);
      if (filter) filters.push(filter);
    }
    if (filters.length === 0) return undefined;
    return {
      filter(node) {
        for (const filter of filters) {
          const rejection = filter(node);
          if (rejection) return rejection;
        }
        return undefined;
      },
    };
  },
};
