// What the official client's types do not tell of fields: list and map semantics, merge keys, and strings that are more than strings.
// Upstream has them as comments and tags beside the fields in staging/src/k8s.io/api. fields.test.ts checks them against a published schema.

export interface FieldFacts {
  listType?: 'set' | 'map';
  mapKeys?: readonly string[];
  mergeKey?: string;
  patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
}

const merge = ['merge'] as const;
const mergeRetaining = ['merge', 'retainKeys'] as const;

const facts = new Map<string, FieldFacts>();

/** `models` and `fields` are blank-separated; each model gets each field. */
function each(models: string, fields: string, value: FieldFacts): void {
  for (const model of models.split(' '))
    for (const field of fields.split(' ')) facts.set(`${model}.${field}`, value);
}

/** A list merged by apply and by strategic merge alike; the first key is the patch merge key. */
const keyed = (keys: string, patchStrategy: FieldFacts['patchStrategy'] | undefined = merge): FieldFacts => ({
  listType: 'map',
  mapKeys: keys.split(' '),
  mergeKey: keys.split(' ')[0],
  patchStrategy,
});
const applyKeyed = (keys: string): FieldFacts => ({ listType: 'map', mapKeys: keys.split(' ') });

each('V1Container V1EphemeralContainer', 'env', keyed('name'));
each('V1Container V1EphemeralContainer', 'ports', keyed('containerPort protocol'));
each('V1Container V1EphemeralContainer V1ContainerStatus', 'volumeMounts', keyed('mountPath'));
each('V1Container V1EphemeralContainer', 'volumeDevices', keyed('devicePath'));
each('V1ContainerStatus', 'allocatedResourcesStatus', keyed('name'));
each(
  'V1PodSpec',
  'containers initContainers ephemeralContainers imagePullSecrets schedulingGates',
  keyed('name'),
);
each('V1PodSpec', 'volumes resourceClaims', keyed('name', mergeRetaining));
each('V1PodSpec', 'hostAliases', keyed('ip'));
each('V1PodSpec', 'topologySpreadConstraints', keyed('topologyKey whenUnsatisfiable'));
each('V1PodStatus', 'podIPs', keyed('ip'));
each('V1PodStatus', 'hostIPs', { mergeKey: 'ip', patchStrategy: merge });
each('V1PodStatus', 'resourceClaimStatuses', keyed('name', mergeRetaining));
each('V1ResourceRequirements', 'claims', applyKeyed('name'));
each('V1ResourceStatus', 'resources', applyKeyed('resourceID'));
each('V1ServiceSpec', 'ports', keyed('port protocol'));
each('V1ServiceAccount', 'secrets', keyed('name'));
each('V1NodeStatus', 'addresses', keyed('type'));
each('V1NodeSpec', 'podCIDRs', { listType: 'set', patchStrategy: merge });
each('V1ObjectMeta', 'finalizers', { listType: 'set', patchStrategy: merge });
each('V1ObjectMeta', 'ownerReferences', keyed('uid'));
each('V1DeploymentSpec', 'strategy', { patchStrategy: ['retainKeys'] });
each('V1PodDisruptionBudgetSpec', 'selector', { patchStrategy: ['replace'] });
each(
  'V1ComponentStatus V1NamespaceStatus V1NodeStatus V1PersistentVolumeClaimStatus V1PodStatus V1ServiceStatus V1ReplicationControllerStatus',
  'conditions',
  keyed('type'),
);
each(
  'V1DaemonSetStatus V1DeploymentStatus V1ReplicaSetStatus V1StatefulSetStatus V2HorizontalPodAutoscalerStatus V1PodDisruptionBudgetStatus',
  'conditions',
  keyed('type'),
);
each(
  'V1FlowSchemaStatus V1PriorityLevelConfigurationStatus V1ServiceCIDRStatus V1APIServiceStatus',
  'conditions',
  keyed('type'),
);
each(
  'V1ValidatingAdmissionPolicyStatus V1CertificateSigningRequestStatus V1AllocatedDeviceStatus V1CustomResourceDefinitionStatus',
  'conditions',
  applyKeyed('type'),
);
each('V1JobStatus', 'conditions', { mergeKey: 'type', patchStrategy: merge });
each(
  'V1MutatingAdmissionPolicySpec V1ValidatingAdmissionPolicySpec V1MutatingWebhook V1ValidatingWebhook',
  'matchConditions',
  keyed('name'),
);
each('V1ValidatingAdmissionPolicySpec', 'variables', keyed('name'));
each('V1MutatingWebhookConfiguration V1ValidatingWebhookConfiguration', 'webhooks', keyed('name'));
each('V1CSINodeSpec', 'drivers', keyed('name'));
each('V1ResourceClaimStatus', 'reservedFor', keyed('uid'));
each('V1ResourceClaimStatus', 'devices', applyKeyed('driver device pool shareID'));
each('V1JSONSchemaProps', 'x-kubernetes-validations', keyed('rule'));

const set: FieldFacts = { listType: 'set' };
each('V1ValidatingAdmissionPolicyBindingSpec', 'validationActions', set);
each('V1PodFailurePolicyOnExitCodesRequirement V1ContainerRestartRuleOnExitCodes', 'values', set);
each('V1UncountedTerminatedPods', 'failed succeeded', set);
each('V1NodeAllocatableResourceClaimStatus', 'containers', set);
each('V1Endpoint', 'addresses', set);
each('V1NonResourcePolicyRule', 'nonResourceURLs verbs', set);
each('V1ResourcePolicyRule', 'apiGroups namespaces resources verbs', set);
each('V1CSIDriverSpec', 'volumeLifecycleModes', set);

/** `Model.field` to its facts. A list that is not here is atomic. */
export const fieldFacts: ReadonlyMap<string, FieldFacts> = facts;

/** Structs that apply owns as a whole. */
export const atomicStructs: ReadonlySet<string> = new Set(
  `V1MatchResources V1NamedRuleWithOperations V1ParamKind V1ParamRef V1Variable
  V1CrossVersionObjectReference V1ConfigMapKeySelector V1EndpointAddress CoreV1EndpointPort V1FileKeySelector
  V1LocalObjectReference V1NodeSelector V1NodeSelectorTerm V1ObjectFieldSelector V1ObjectReference
  V1ResourceFieldSelector V1ScopeSelector V1SecretKeySelector V1SecretReference V1TopologySelectorTerm
  V1TypedLocalObjectReference DiscoveryV1EndpointPort V1ServiceBackendPort V1RoleRef RbacV1Subject
  V1LabelSelector V1OwnerReference`.split(/\s+/),
);

/** Maps that apply owns as a whole. */
export const atomicMaps: ReadonlySet<string> = new Set([
  'V1PodSpec.nodeSelector',
  'V1ReplicationControllerSpec.selector',
  'V1ServiceSpec.selector',
  'V1Scheduling.nodeSelector',
]);

/** Fields that apply owns piece by piece although their type is atomic, or that say so explicitly. */
export const granularFields: ReadonlySet<string> = new Set([
  'V1PersistentVolumeSpec.claimRef',
  'V1PersistentVolumeClaimStatus.allocatedResourceStatuses',
]);

/** Strings, or lists and maps of strings, that are quantities. */
export const quantityFields: ReadonlySet<string> = new Set(
  `V2HPAScalingRules.tolerance V2MetricTarget.averageValue V2MetricTarget.value V2MetricValueStatus.averageValue
  V2MetricValueStatus.value V1ContainerStatus.allocatedResources V1EmptyDirVolumeSource.sizeLimit
  V1LimitRangeItem.default V1LimitRangeItem.defaultRequest V1LimitRangeItem.max V1LimitRangeItem.min
  V1LimitRangeItem.maxLimitRequestRatio V1NodeAllocatableResourceClaimStatus.resources V1NodeStatus.allocatable
  V1NodeStatus.capacity V1PersistentVolumeClaimStatus.allocatedResources V1PersistentVolumeClaimStatus.capacity
  V1PersistentVolumeSpec.capacity V1PodSpec.overhead V1PodStatus.allocatedResources V1ResourceFieldSelector.divisor
  V1ResourceQuotaSpec.hard V1ResourceQuotaStatus.hard V1ResourceQuotaStatus.used V1ResourceRequirements.limits
  V1ResourceRequirements.requests V1VolumeResourceRequirements.limits V1VolumeResourceRequirements.requests
  V1Overhead.podFixed V1CapacityRequestPolicy.default V1CapacityRequestPolicy.validValues
  V1CapacityRequestPolicyRange.max V1CapacityRequestPolicyRange.min V1CapacityRequestPolicyRange.step
  V1CapacityRequirements.requests V1Counter.value V1DeviceCapacity.value
  V1DeviceRequestAllocationResult.consumedCapacity V1NodeAllocatableResourceMapping.allocationMultiplier
  V1CSIStorageCapacity.capacity V1CSIStorageCapacity.maximumVolumeSize`.split(/\s+/),
);

/** Values of list-map keys that an element leaves out, by key; `protocol` has one wherever it is a key. */
export const mapKeyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' };
