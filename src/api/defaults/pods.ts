// Defaults of Pods and of what Pod templates hold (upstream pkg/apis/core/v1/defaults.go).
import type { V1Container, V1Pod, V1PodStatus, V1Volume } from '../generated/types.ts';
import type { DefaultsTable, Fields } from './apply.ts';

/** `Always` for the tag `latest` and for no tag at all; a digest alone, and what is no image name, are `IfNotPresent`. */
export function imagePullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  if (!image) return 'IfNotPresent';
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const last = name.slice(name.lastIndexOf('/') + 1);
  const colon = last.lastIndexOf(':');
  if (colon < 0) return at < 0 ? 'Always' : 'IfNotPresent';
  return last.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

const container = {
  values: {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  run(object: Fields): void {
    object.imagePullPolicy ||= imagePullPolicy(object.image as string | undefined);
  },
};

/** A volume that names no source is an emptyDir. */
function volume(object: Fields): void {
  if (Object.keys(object).every(name => name === 'name' || object[name] === undefined)) object.emptyDir = {};
  const { image } = object as unknown as V1Volume;
  if (image) image.pullPolicy ||= imagePullPolicy(image.reference);
}

const containersOf = (pod: V1Pod): V1Container[] => [
  ...(pod.spec?.containers ?? []),
  ...(pod.spec?.initContainers ?? []),
];

/** What only Pods get and templates do not. */
function pod(object: Fields): void {
  const { spec } = object as V1Pod;
  if (!spec) return;
  spec.enableServiceLinks ??= true;
  for (const each of containersOf(object as V1Pod)) {
    const limits = each.resources?.limits;
    if (limits) each.resources!.requests = { ...limits, ...each.resources!.requests };
    if (spec.hostNetwork) for (const port of each.ports ?? []) port.hostPort ||= port.containerPort;
  }
  const limits = spec.resources?.limits;
  if (limits && Object.keys(limits).length > 0)
    spec.resources!.requests = { ...limits, ...spec.resources!.requests };
}

/** The first address and the list of all say the same; who knows only the address is right. */
function podStatus(object: Fields): void {
  const status = object as V1PodStatus;
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  else if (status.podIPs?.length) status.podIP = status.podIPs[0]!.ip;
}

const mode = { values: { defaultMode: 0o644 } };

export const podDefaults: DefaultsTable = {
  V1Pod: { run: pod },
  V1PodStatus: { run: podStatus },
  V1PodTemplateSpec: { values: { metadata: {} } },
  V1PodSpec: {
    values: {
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    },
    run(object) {
      // The old name of serviceAccountName is kept equal to it.
      if (object.serviceAccountName) object.serviceAccount = object.serviceAccountName;
      else if (object.serviceAccount) object.serviceAccountName = object.serviceAccount;
    },
  },
  V1Container: container,
  V1EphemeralContainer: container,
  V1ContainerPort: { values: { protocol: 'TCP' } },
  V1Probe: { numbers: { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 } },
  V1HTTPGetAction: { values: { path: '/', scheme: 'HTTP' } },
  V1GRPCAction: { values: { service: '' } },
  V1ObjectFieldSelector: { values: { apiVersion: 'v1' } },
  V1ResourceFieldSelector: { values: { divisor: '0' } },
  V1Volume: { run: volume },
  V1SecretVolumeSource: mode,
  V1ConfigMapVolumeSource: mode,
  V1DownwardAPIVolumeSource: mode,
  V1ProjectedVolumeSource: mode,
  V1ServiceAccountTokenProjection: { values: { expirationSeconds: 3600 } },
  V1HostPathVolumeSource: { values: { type: '' } },
  V1ISCSIVolumeSource: { values: { iscsiInterface: 'default' } },
  V1ISCSIPersistentVolumeSource: { values: { iscsiInterface: 'default' } },
  V1RBDVolumeSource: { values: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' } },
  V1RBDPersistentVolumeSource: { values: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' } },
  V1AzureDiskVolumeSource: {
    values: { kind: 'Shared', cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false },
  },
  V1ScaleIOVolumeSource: { values: { storageMode: 'ThinProvisioned', fsType: 'xfs' } },
  V1ScaleIOPersistentVolumeSource: { values: { storageMode: 'ThinProvisioned', fsType: 'xfs' } },
};
