// Nodes, Namespaces, Events, configuration, volumes (upstream pkg/printers/internalversion/printers.go).
import type {
  CoreV1Event,
  V1ConfigMap,
  V1LimitRange,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1ResourceQuota,
  V1Secret,
  V1ServiceAccount,
  V1StorageClass,
} from '../generated/types.ts';
import { age, nameOf, orNone, printer, since } from './columns.ts';

const rolePrefix = 'node-role.kubernetes.io/';

function roles(node: V1Node): string {
  const names = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) names.add(key.slice(rolePrefix.length));
    else if (key === 'kubernetes.io/role' && value) names.add(value);
  }
  return orNone([...names].sort().join(','));
}

function nodeStatus(node: V1Node): string {
  const ready = node.status?.conditions?.find(each => each.type === 'Ready');
  const states = [!ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable) states.push('SchedulingDisabled');
  return states.join(',');
}

export const nodePrinter = printer<V1Node>(
  'Name, Status, Roles, Age, Version, +Internal-IP, +External-IP, +OS-Image, +Kernel-Version, +Container-Runtime',
  (node, now) => {
    const address = (type: string): string =>
      orNone(node.status?.addresses?.find(each => each.type === type)?.address);
    const info = node.status?.nodeInfo;
    return [
      nameOf(node),
      nodeStatus(node),
      roles(node),
      age(node, now),
      info?.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
);

export const namespacePrinter = printer<V1Namespace>('Name, Status, Age', (object, now) => [
  nameOf(object),
  object.status?.phase ?? '',
  age(object, now),
]);

/** An Event of either group: the newer one has other names for the same fields. */
type AnyEvent = CoreV1Event & {
  note?: string;
  regarding?: CoreV1Event['involvedObject'];
  reportingController?: string;
  deprecatedSource?: CoreV1Event['source'];
  deprecatedFirstTimestamp?: string;
  deprecatedLastTimestamp?: string;
  deprecatedCount?: number;
};

export const eventPrinter = printer<AnyEvent>(
  'Last Seen, Type, Reason, Object, +Subobject, +Source, Message, +First Seen, +Count:integer, +Name',
  (event, now) => {
    const text = (time: unknown): string | undefined => time as string | undefined;
    const first = text(event.firstTimestamp ?? event.deprecatedFirstTimestamp) ?? text(event.eventTime);
    const last =
      text(event.series?.lastObservedTime) ??
      text(event.lastTimestamp ?? event.deprecatedLastTimestamp) ??
      first;
    const about = event.involvedObject ?? event.regarding ?? {};
    const source = event.source ?? event.deprecatedSource ?? {};
    const component = source.component || event.reportingComponent || event.reportingController || '';
    const host = source.component ? source.host : event.reportingInstance;
    return [
      since(last, now),
      event.type ?? '',
      event.reason ?? '',
      about.name ? `${(about.kind ?? '').toLowerCase()}/${about.name}` : (about.kind ?? '').toLowerCase(),
      about.fieldPath ?? '',
      host ? `${component}, ${host}` : component,
      (event.message ?? event.note ?? '').trim(),
      since(first, now),
      (event.series?.count ?? event.count ?? event.deprecatedCount) || 1,
      nameOf(event),
    ];
  },
);

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const configMapPrinter = printer<V1ConfigMap>('Name, Data:integer, Age', (object, now) => [
  nameOf(object),
  size(object.data) + size(object.binaryData),
  age(object, now),
]);

export const secretPrinter = printer<V1Secret>('Name, Type, Data:integer, Age', (object, now) => [
  nameOf(object),
  object.type ?? '',
  size(object.data),
  age(object, now),
]);

export const serviceAccountPrinter = printer<V1ServiceAccount>(
  'Name, Secrets:integer, Age',
  (object, now) => [nameOf(object), object.secrets?.length ?? 0, age(object, now)],
);

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modesText = (list: readonly string[] | undefined): string =>
  Object.keys(modes)
    .filter(mode => list?.includes(mode))
    .map(mode => modes[mode])
    .join(',');

const betaClass = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolumePrinter = printer<V1PersistentVolume>(
  'Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, +VolumeMode',
  (object, now) => {
    const { spec, status, metadata } = object;
    return [
      nameOf(object),
      spec?.capacity?.storage ?? '',
      modesText(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? '',
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
      spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
      metadata?.annotations?.[betaClass] ?? spec?.storageClassName ?? '',
      spec?.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      age(object, now),
      spec?.volumeMode ?? '<unset>',
    ];
  },
);

export const persistentVolumeClaimPrinter = printer<V1PersistentVolumeClaim>(
  'Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, +VolumeMode',
  (object, now) => {
    const { spec, status, metadata } = object;
    const bound = Boolean(spec?.volumeName);
    return [
      nameOf(object),
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
      spec?.volumeName ?? '',
      bound ? (status?.capacity?.storage ?? '0') : '',
      bound ? modesText(status?.accessModes) : '',
      metadata?.annotations?.[betaClass] ?? spec?.storageClassName ?? '',
      spec?.volumeAttributesClassName ?? '<unset>',
      age(object, now),
      spec?.volumeMode ?? '<unset>',
    ];
  },
);

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export const storageClassPrinter = printer<V1StorageClass>(
  'Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age',
  (object, now) => [
    object.metadata?.annotations?.[defaultClass] === 'true' ? `${nameOf(object)} (default)` : nameOf(object),
    object.provisioner,
    object.reclaimPolicy ?? 'Delete',
    object.volumeBindingMode ?? 'Immediate',
    object.allowVolumeExpansion ?? false,
    age(object, now),
  ],
);

export const resourceQuotaPrinter = printer<V1ResourceQuota>('Name, Request, Limit, Age', (object, now) => {
  const { hard = {}, used = {} } = object.status ?? {};
  const text = (limits: boolean): string =>
    Object.keys(hard)
      .sort()
      .filter(name => name.startsWith('limits.') === limits)
      .map(name => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
      .join(', ');
  return [nameOf(object), text(false), text(true), age(object, now)];
});

export const limitRangePrinter = printer<V1LimitRange>('Name, Created At', object => [
  nameOf(object),
  (object.metadata?.creationTimestamp as string | undefined) ?? '',
]);
