// Storage classes and finalizers of claims and volumes (upstream plugin/pkg/admission/storage).
import { storageclasses } from '../../api/generated/resources/storage.k8s.io.v1.ts';
import type { V1PersistentVolumeClaim, V1StorageClass } from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';
import { compareQuantities, parseQuantity } from '../../machinery/quantity.ts';
import type { AdmissionPlugin } from '../contracts.ts';
import { isFor, refuse } from './refuse.ts';

const isDefault = 'storageclass.kubernetes.io/is-default-class';
const legacyDefault = 'storageclass.beta.kubernetes.io/is-default-class';

/** A claim that names no class gets the default one; of several, the newest. */
export function defaultStorageClass(informers: Informers): AdmissionPlugin {
  const informer = informers.for(storageclasses);
  const isMarked = ({ metadata }: V1StorageClass): boolean =>
    metadata?.annotations?.[isDefault] === 'true' || metadata?.annotations?.[legacyDefault] === 'true';
  return {
    name: 'DefaultStorageClass',
    admit(request) {
      if (request.operation !== 'CREATE' || !isFor(request, '', 'persistentvolumeclaims')) return;
      const claim = request.object as V1PersistentVolumeClaim;
      if (!claim.spec || claim.spec.storageClassName !== undefined) return;
      if (claim.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
      const [newest] = informer
        .list()
        .filter(isMarked)
        .sort(
          (a, b) =>
            b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp) ||
            a.metadata.name.localeCompare(b.metadata.name),
        );
      if (newest) claim.spec.storageClassName = newest.metadata.name;
    },
  };
}

const protections: Record<string, string> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** Claims and volumes in use are not deleted under those who use them: their controllers take the finalizer away. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  admit(request) {
    const { operation, registration, subresource, object } = request;
    const finalizer = registration.group === '' ? protections[registration.resource] : undefined;
    if (operation !== 'CREATE' || subresource || !finalizer) return;
    const metadata = (object!.metadata ??= {});
    if (!metadata.finalizers?.includes(finalizer))
      metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};

/** A claim grows only where its class allows it. */
export function claimResize(informers: Informers): AdmissionPlugin {
  const informer = informers.for(storageclasses);
  return {
    name: 'PersistentVolumeClaimResize',
    validate(request) {
      if (request.operation !== 'UPDATE' || !isFor(request, '', 'persistentvolumeclaims')) return;
      const claim = request.object as V1PersistentVolumeClaim;
      const old = request.old as V1PersistentVolumeClaim;
      const size = claim.spec?.resources?.requests?.storage;
      const before = old.spec?.resources?.requests?.storage;
      if (!size || !before || compareQuantities(parseQuantity(size), parseQuantity(before)) <= 0) return;
      if (old.status?.phase !== 'Bound')
        throw refuse(request, 'Only bound persistent volume claims can be expanded');
      if (!informer.get(claim.spec?.storageClassName ?? '')?.allowVolumeExpansion) {
        throw refuse(
          request,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
      }
    },
  };
}
