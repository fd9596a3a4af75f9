// Names and places of the built-in resources that the official client does not tell. Sources: the storage strategies' ShortNames and
// Categories in upstream's pkg/registry, and pkg/kubeapiserver/default_storage_factory_builder.go for the places in the store.

/** Keys are `resource.group` (`pods` in the core group). */
export const shortNames: Readonly<Record<string, readonly string[]>> = {
  componentstatuses: ['cs'],
  configmaps: ['cm'],
  endpoints: ['ep'],
  events: ['ev'],
  limitranges: ['limits'],
  namespaces: ['ns'],
  nodes: ['no'],
  persistentvolumeclaims: ['pvc'],
  persistentvolumes: ['pv'],
  pods: ['po'],
  replicationcontrollers: ['rc'],
  resourcequotas: ['quota'],
  serviceaccounts: ['sa'],
  services: ['svc'],
  'customresourcedefinitions.apiextensions.k8s.io': ['crd', 'crds'],
  'daemonsets.apps': ['ds'],
  'deployments.apps': ['deploy'],
  'replicasets.apps': ['rs'],
  'statefulsets.apps': ['sts'],
  'horizontalpodautoscalers.autoscaling': ['hpa'],
  'cronjobs.batch': ['cj'],
  'certificatesigningrequests.certificates.k8s.io': ['csr'],
  'events.events.k8s.io': ['ev'],
  'ingresses.networking.k8s.io': ['ing'],
  'ipaddresses.networking.k8s.io': ['ip'],
  'networkpolicies.networking.k8s.io': ['netpol'],
  'poddisruptionbudgets.policy': ['pdb'],
  'priorityclasses.scheduling.k8s.io': ['pc'],
  'storageclasses.storage.k8s.io': ['sc'],
  'volumeattributesclasses.storage.k8s.io': ['vac'],
};

const members: Readonly<Record<string, readonly string[]>> = {
  all: [
    'pods',
    'replicationcontrollers',
    'services',
    'daemonsets.apps',
    'deployments.apps',
    'replicasets.apps',
    'statefulsets.apps',
    'horizontalpodautoscalers.autoscaling',
    'cronjobs.batch',
    'jobs.batch',
  ],
  'api-extensions': [
    'customresourcedefinitions.apiextensions.k8s.io',
    'apiservices.apiregistration.k8s.io',
    'mutatingadmissionpolicies.admissionregistration.k8s.io',
    'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
    'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    'validatingadmissionpolicies.admissionregistration.k8s.io',
    'validatingadmissionpolicybindings.admissionregistration.k8s.io',
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
  ],
};

/** Categories of `resource.group`. */
export const categoriesOf = (groupResource: string): string[] =>
  Object.keys(members).filter(category => members[category]!.includes(groupResource));

/** Where the place below `/registry/` is not the plural alone. */
export const storagePrefixes: Readonly<Record<string, string>> = {
  endpoints: 'services/endpoints',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
  'ingresses.networking.k8s.io': 'ingress',
};

/** Answered and never stored. */
export const virtual: ReadonlySet<string> = new Set([
  'bindings',
  'componentstatuses',
  'selfsubjectreviews.authentication.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
]);

/** Kind, group and version of subresources whose body is not the parent's; keys are `resource.group/subresource`, or `*` for any parent. */
export const subresourceKinds: Readonly<Record<string, { kind: string; group?: string; version?: string }>> =
  {
    '*/scale': { kind: 'Scale', group: 'autoscaling', version: 'v1' },
    'pods/attach': { kind: 'PodAttachOptions' },
    'pods/binding': { kind: 'Binding' },
    'pods/eviction': { kind: 'Eviction', group: 'policy', version: 'v1' },
    'pods/exec': { kind: 'PodExecOptions' },
    'pods/portforward': { kind: 'PodPortForwardOptions' },
    'pods/proxy': { kind: 'PodProxyOptions' },
    'nodes/proxy': { kind: 'NodeProxyOptions' },
    'services/proxy': { kind: 'ServiceProxyOptions' },
    'serviceaccounts/token': { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' },
  };

/** What a DELETE that names no propagation policy does, where it is not `background` (rest.DefaultGarbageCollectionPolicy). */
export const orphansByDefault: ReadonlySet<string> = new Set(['replicationcontrollers', 'jobs.batch']);
