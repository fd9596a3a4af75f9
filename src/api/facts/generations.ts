// Kinds whose strategies keep metadata.generation, and what makes it grow (PrepareForCreate and PrepareForUpdate in upstream's pkg/registry).

const emptyNodeInfo = Object.fromEntries(
  [
    'architecture',
    'bootID',
    'containerRuntimeVersion',
    'kernelVersion',
    'kubeProxyVersion',
    'kubeletVersion',
    'machineID',
    'operatingSystem',
    'osImage',
    'systemUUID',
  ].map(name => [name, '']),
);
const spec = ['spec'] as const;
const webhooks = ['webhooks'] as const;

/** Keys are `resource.group`, values the fields whose change counts. */
export const generationFields: Readonly<Record<string, readonly string[]>> = {
  pods: spec,
  podtemplates: ['template'],
  replicationcontrollers: spec,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': spec,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': spec,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingadmissionpolicies.admissionregistration.k8s.io': spec,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': spec,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'customresourcedefinitions.apiextensions.k8s.io': spec,
  'daemonsets.apps': spec,
  'deployments.apps': ['spec', 'metadata.annotations'],
  'replicasets.apps': spec,
  'statefulsets.apps': spec,
  'cronjobs.batch': spec,
  'jobs.batch': spec,
  'endpointslices.discovery.k8s.io': ['addressType', 'endpoints', 'ports', 'metadata.labels'],
  'flowschemas.flowcontrol.apiserver.k8s.io': spec,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': spec,
  'ingressclasses.networking.k8s.io': spec,
  'ingresses.networking.k8s.io': spec,
  'networkpolicies.networking.k8s.io': spec,
  'poddisruptionbudgets.policy': spec,
  'deviceclasses.resource.k8s.io': spec,
  'resourceslices.resource.k8s.io': spec,
  'priorityclasses.scheduling.k8s.io': [],
  'csidrivers.storage.k8s.io': spec,
};

/** A status write cannot change labels either. */
export const statusKeepsLabels: ReadonlySet<string> = new Set(['deployments.apps']);

/** A new object's status where it is more than `{}`: Go's zero values that are never left out, and first phases. */
export const initialStatus: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  namespaces: { phase: 'Active' },
  nodes: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: emptyNodeInfo },
  persistentvolumeclaims: { phase: 'Pending' },
  persistentvolumes: { phase: 'Pending' },
  pods: { phase: 'Pending' },
  replicationcontrollers: { replicas: 0 },
  services: { loadBalancer: {} },
  'daemonsets.apps': {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  },
  'replicasets.apps': { replicas: 0 },
  'statefulsets.apps': { availableReplicas: 0, replicas: 0 },
  'horizontalpodautoscalers.autoscaling': { currentReplicas: 0, desiredReplicas: 0 },
  'ingresses.networking.k8s.io': { loadBalancer: {} },
  'poddisruptionbudgets.policy': {
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
  },
};
