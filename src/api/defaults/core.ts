// Defaults of the core group's other kinds (upstream pkg/apis/core/v1/defaults.go).
import type {
  V1LimitRangeItem,
  V1Namespace,
  V1NodeSpec,
  V1NodeStatus,
  V1ReplicationController,
  V1Service,
} from '../generated/types.ts';
import type { DefaultsTable, Fields } from './apply.ts';

const hasNodePorts = (type: string | undefined): boolean => type === 'NodePort' || type === 'LoadBalancer';

function service(object: Fields): void {
  const { spec, status } = object as V1Service;
  if (!spec) return;
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (
    spec.sessionAffinity === 'ClientIP' &&
    spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
  )
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (!port.targetPort) port.targetPort = port.port;
  }
  const external =
    hasNodePorts(spec.type) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
  if (external) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

function limitRangeItem(object: Fields): void {
  const item = object as unknown as V1LimitRangeItem;
  if (item.type !== 'Container') return;
  const limits = { ...item.max, ...item.default };
  object.default = limits;
  object.defaultRequest = { ...item.min, ...limits, ...item.defaultRequest };
}

function replicationController(object: Fields): void {
  const { spec, metadata } = object as V1ReplicationController;
  const labels = spec?.template?.metadata?.labels;
  if (spec) spec.replicas ??= 1;
  if (!spec || !labels) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (metadata && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

function namespace(object: Fields): void {
  const { metadata } = object as V1Namespace;
  if (metadata?.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
}

export const coreDefaults: DefaultsTable = {
  V1Service: { run: service },
  V1Secret: { values: { type: 'Opaque' } },
  V1Namespace: { values: { spec: {} }, run: namespace },
  V1NamespaceStatus: { values: { phase: 'Active' } },
  V1NodeSpec: {
    run(object) {
      const spec = object as V1NodeSpec;
      if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
      else if (spec.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0];
    },
  },
  V1NodeStatus: {
    run(object) {
      const status = object as V1NodeStatus;
      if (status.allocatable === undefined && status.capacity) status.allocatable = { ...status.capacity };
    },
  },
  V1PersistentVolumeSpec: { values: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' } },
  V1PersistentVolumeStatus: { values: { phase: 'Pending' } },
  V1PersistentVolumeClaimSpec: { values: { volumeMode: 'Filesystem', resources: {} } },
  V1PersistentVolumeClaimStatus: { values: { phase: 'Pending' } },
  V1ReplicationController: { run: replicationController },
  CoreV1EndpointPort: { values: { protocol: 'TCP' } },
  V1LimitRangeItem: { run: limitRangeItem },
  CoreV1Event: {
    values: { involvedObject: {}, source: {}, reportingComponent: '', reportingInstance: '' },
  },
};
