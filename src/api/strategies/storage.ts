// PersistentVolumes, their claims, and storage.k8s.io (upstream pkg/apis/core/validation and pkg/apis/storage/validation).
import { semanticEqual } from '../../machinery/equality.ts';
import { dns1123Subdomain } from '../../machinery/formats.ts';
import { compareQuantities, parseQuantity } from '../../machinery/quantity.ts';
import type { V1PersistentVolume, V1PersistentVolumeClaim, V1StorageClass } from '../generated/types.ts';
import type { Causes } from '../validation/causes.ts';
import { checkAmounts } from '../validation/pods/resources.ts';
import { alike } from './generic.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

function checkModes(causes: Causes, list: readonly string[] | undefined, field: string): void {
  if (!list?.length) causes.required(field, 'at least 1 access mode is required');
  for (const mode of list ?? []) if (!modes.includes(mode)) causes.notSupported(field, mode, modes);
  if (list?.includes('ReadWriteOncePod') && list.length > 1)
    causes.forbidden(field, 'may not use ReadWriteOncePod with other access modes');
}

const notSources = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

const volumeSource = (volume: V1PersistentVolume): Record<string, unknown> =>
  Object.fromEntries(Object.entries(volume.spec ?? {}).filter(([name]) => !notSources.has(name)));

export const persistentVolumeStrategy = alike(
  (causes, object) => {
    const spec = (object as V1PersistentVolume).spec ?? {};
    checkModes(causes, spec.accessModes, 'spec.accessModes');
    if (!spec.capacity || Object.keys(spec.capacity).length === 0) causes.required('spec.capacity');
    else if (!('storage' in spec.capacity) || Object.keys(spec.capacity).length > 1)
      causes.notSupported('spec.capacity', spec.capacity, ['storage']);
    checkAmounts(causes, spec.capacity, 'spec.capacity');
    causes.oneOf('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, [
      'Delete',
      'Recycle',
      'Retain',
    ]);
    const sources = Object.keys(volumeSource(object as V1PersistentVolume));
    if (sources.length === 0) causes.required('spec', 'must specify a volume type');
    for (const name of sources.slice(1))
      causes.forbidden(`spec.${name}`, 'may not specify more than 1 volume type');
    if (spec.local && !spec.local.path) causes.required('spec.local.path');
    if (spec.local && !spec.nodeAffinity)
      causes.required('metadata.annotations', 'Local volume requires node affinity');
    if (spec.storageClassName)
      causes.each('spec.storageClassName', spec.storageClassName, dns1123Subdomain(spec.storageClassName));
    causes.oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']);
  },
  (causes, object, old) => {
    const [now, before] = [object as V1PersistentVolume, old as V1PersistentVolume];
    if (!semanticEqual(volumeSource(now), volumeSource(before)))
      causes.forbidden(
        'spec.persistentvolumesource',
        'spec.persistentvolumesource is immutable after creation',
      );
    if (now.spec?.volumeMode !== before.spec?.volumeMode)
      causes.immutable('spec.volumeMode', now.spec?.volumeMode);
    if (before.spec?.nodeAffinity && !semanticEqual(now.spec?.nodeAffinity, before.spec.nodeAffinity))
      causes.immutable('spec.nodeAffinity', now.spec?.nodeAffinity);
  },
);

/** An update may fill in the volume, grow the request and change the class of attributes. */
const fixedClaim = ({ spec }: V1PersistentVolumeClaim, old: V1PersistentVolumeClaim) => {
  const { volumeName: _, resources: _1, volumeAttributesClassName: _2, ...rest } = spec ?? {};
  return {
    ...rest,
    volumeName: old.spec?.volumeName ? spec?.volumeName : undefined,
    storageClassName: rest.storageClassName,
  };
};

export const persistentVolumeClaimStrategy = alike(
  (causes, object) => {
    const spec = (object as V1PersistentVolumeClaim).spec ?? {};
    checkModes(causes, spec.accessModes, 'spec.accessModes');
    const size = spec.resources?.requests?.storage;
    if (size === undefined) causes.required('spec.resources[storage]');
    else {
      checkAmounts(causes, { storage: size }, 'spec.resources');
      try {
        if (parseQuantity(size).nanos === 0n)
          causes.invalid('spec.resources[storage]', size, 'must be greater than zero');
      } catch {
        // said by checkAmounts
      }
    }
    if (spec.storageClassName)
      causes.each('spec.storageClassName', spec.storageClassName, dns1123Subdomain(spec.storageClassName));
    causes.oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']);
  },
  (causes, object, old) => {
    const [now, before] = [object as V1PersistentVolumeClaim, old as V1PersistentVolumeClaim];
    const nowFixed = fixedClaim(now, before);
    const beforeFixed = fixedClaim(before, before);
    // A claim without a class gets the default one later.
    if (before.spec?.storageClassName === undefined) beforeFixed.storageClassName = nowFixed.storageClassName;
    if (!semanticEqual(nowFixed, beforeFixed))
      causes.forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      );
    const [size, was] = [now.spec?.resources?.requests?.storage, before.spec?.resources?.requests?.storage];
    if (size === undefined || was === undefined) return;
    try {
      if (compareQuantities(parseQuantity(size), parseQuantity(was)) < 0)
        causes.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
    } catch {
      // said by the checks of the claim itself
    }
  },
);

export const storageClassStrategy = alike(
  (causes, object) => {
    const storageClass = object as V1StorageClass;
    if (!storageClass.provisioner) causes.required('provisioner');
    causes.oneOf('reclaimPolicy', storageClass.reclaimPolicy, ['Delete', 'Retain']);
    causes.oneOf(
      'volumeBindingMode',
      storageClass.volumeBindingMode,
      ['Immediate', 'WaitForFirstConsumer'],
      true,
    );
  },
  (causes, object, old) => {
    const [now, before] = [object as V1StorageClass, old as V1StorageClass];
    if (!semanticEqual(now.parameters, before.parameters))
      causes.forbidden('parameters', 'updates to parameters are forbidden.');
    if (now.provisioner !== before.provisioner)
      causes.forbidden('provisioner', 'updates to provisioner are forbidden.');
    if (now.reclaimPolicy !== before.reclaimPolicy)
      causes.forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.');
    if (now.volumeBindingMode !== before.volumeBindingMode)
      causes.immutable('volumeBindingMode', now.volumeBindingMode);
  },
);
