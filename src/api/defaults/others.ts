// Defaults of the other groups' kinds (upstream pkg/apis/<group>/v1/defaults.go).
import type {
  RbacV1Subject,
  V1CustomResourceDefinitionSpec,
  V1EndpointSlice,
  V1NetworkPolicySpec,
  V1PriorityLevelConfigurationSpec,
  V1RoleBinding,
} from '../generated/types.ts';
import type { DefaultsTable, Fields } from './apply.ts';

const rbac = 'rbac.authorization.k8s.io';

function subject(object: Fields): void {
  const each = object as unknown as RbacV1Subject;
  if (each.apiGroup) return;
  if (each.kind === 'User' || each.kind === 'Group') each.apiGroup = rbac;
}

function roleBinding(object: Fields): void {
  const { roleRef } = object as unknown as V1RoleBinding;
  if (roleRef) roleRef.apiGroup ||= rbac;
}

function endpointSlice(object: Fields): void {
  object.endpoints ??= [];
  for (const port of (object as unknown as V1EndpointSlice).ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

function networkPolicySpec(object: Fields): void {
  const spec = object as unknown as V1NetworkPolicySpec;
  spec.podSelector ??= {};
  if (spec.policyTypes?.length) return;
  spec.policyTypes = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])];
}

function definitionSpec(object: Fields): void {
  const spec = object as unknown as V1CustomResourceDefinitionSpec;
  const { names, conversion } = spec;
  if (names) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= names.kind ? `${names.kind}List` : '';
  }
  if (!conversion) spec.conversion = { strategy: 'None' };
  const service = conversion?.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

function priorityLevel(object: Fields): void {
  const spec = object as unknown as V1PriorityLevelConfigurationSpec;
  if (spec.limited) {
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
  }
  if (spec.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
}

const everything = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} };
const webhook = { failurePolicy: 'Fail', timeoutSeconds: 10, ...everything };
const webhookPort = { values: { port: 443 } };

export const otherDefaults: DefaultsTable = {
  RbacV1Subject: { run: subject },
  V1RoleBinding: { run: roleBinding },
  V1ClusterRoleBinding: { run: roleBinding },
  V1EndpointSlice: { run: endpointSlice },
  V1NetworkPolicySpec: { run: networkPolicySpec },
  V1NetworkPolicyPort: { values: { protocol: 'TCP' } },
  V1IngressClassParametersReference: { values: { scope: 'Cluster' } },
  V1StorageClass: { values: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' } },
  V1CSIDriverSpec: {
    values: {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    },
  },
  V1PriorityClass: { values: { preemptionPolicy: 'PreemptLowerPriority' } },
  V1MutatingWebhook: { values: { ...webhook, reinvocationPolicy: 'Never' } },
  V1ValidatingWebhook: { values: webhook },
  V1RuleWithOperations: { values: { scope: '*' } },
  V1NamedRuleWithOperations: { values: { scope: '*' } },
  AdmissionregistrationV1ServiceReference: webhookPort,
  ApiregistrationV1ServiceReference: webhookPort,
  V1ValidatingAdmissionPolicySpec: { values: { failurePolicy: 'Fail' } },
  V1MutatingAdmissionPolicySpec: { values: { failurePolicy: 'Fail', reinvocationPolicy: 'Never' } },
  V1MatchResources: { values: everything },
  V1CustomResourceDefinitionSpec: { run: definitionSpec },
  V1FlowSchemaSpec: { numbers: { matchingPrecedence: 1000 } },
  V1PriorityLevelConfigurationSpec: { run: priorityLevel },
  V1QueuingConfiguration: { numbers: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
  V1TokenRequestSpec: { values: { expirationSeconds: 3600 } },
  V1ExactDeviceRequest: {
    values: { allocationMode: 'ExactCount' },
    run(object) {
      if (object.allocationMode === 'ExactCount') object.count ||= 1;
    },
  },
  V1DeviceSubRequest: {
    values: { allocationMode: 'ExactCount' },
    run(object) {
      if (object.allocationMode === 'ExactCount') object.count ||= 1;
    },
  },
  V1DeviceToleration: { values: { operator: 'Equal' } },
};
