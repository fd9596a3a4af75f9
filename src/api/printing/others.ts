// The remaining groups (upstream pkg/printers/internalversion/printers.go).
import { humanDuration } from '../../machinery/duration.ts';
import type {
  RbacV1Subject,
  V1APIService,
  V1CertificateSigningRequest,
  V1CSIDriver,
  V1CSINode,
  V1FlowSchema,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1PodDisruptionBudget,
  V1PriorityClass,
  V1PriorityLevelConfiguration,
  V1ResourceSlice,
  V1RoleBinding,
  V1RuntimeClass,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1VolumeAttachment,
  V1VolumeAttributesClass,
} from '../generated/types.ts';
import { age, nameOf, orNone, printer } from './columns.ts';

export const disruptionBudgetPrinter = printer<V1PodDisruptionBudget>(
  'Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age',
  (object, now) => [
    nameOf(object),
    `${object.spec?.minAvailable ?? 'N/A'}`,
    `${object.spec?.maxUnavailable ?? 'N/A'}`,
    object.status?.disruptionsAllowed ?? 0,
    age(object, now),
  ],
);

export const leasePrinter = printer<V1Lease>('Name, Holder, Age', (object, now) => [
  nameOf(object),
  object.spec?.holderIdentity ?? '',
  age(object, now),
]);

const named = (subjects: readonly RbacV1Subject[] | undefined, kind: string): string =>
  (subjects ?? [])
    .filter(each => each.kind === kind)
    .map(each => (kind === 'ServiceAccount' ? `${each.namespace ?? ''}/${each.name}` : each.name))
    .join(', ');

export const roleBindingPrinter = printer<V1RoleBinding>(
  'Name, Role, Age, +Users, +Groups, +ServiceAccounts',
  (object, now) => [
    nameOf(object),
    `${object.roleRef?.kind}/${object.roleRef?.name}`,
    age(object, now),
    named(object.subjects, 'User'),
    named(object.subjects, 'Group'),
    named(object.subjects, 'ServiceAccount'),
  ],
);

export const priorityClassPrinter = printer<V1PriorityClass>(
  'Name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy',
  (object, now) => [
    nameOf(object),
    object.value ?? 0,
    object.globalDefault ?? false,
    age(object, now),
    object.preemptionPolicy ?? 'PreemptLowerPriority',
  ],
);

export const runtimeClassPrinter = printer<V1RuntimeClass>('Name, Handler, Age', (object, now) => [
  nameOf(object),
  object.handler,
  age(object, now),
]);

function requestStatus({ status }: V1CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map(each => each.type);
  const states = [types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'];
  if (types.includes('Failed')) states.push('Failed');
  if (status?.certificate) states.push('Issued');
  return states.join(',');
}

export const signingRequestPrinter = printer<V1CertificateSigningRequest>(
  'Name, Age, SignerName, Requestor, RequestedDuration, Condition',
  (object, now) => {
    const seconds = object.spec?.expirationSeconds;
    return [
      nameOf(object),
      age(object, now),
      orNone(object.spec?.signerName),
      object.spec?.username ?? '',
      seconds === undefined ? '<none>' : humanDuration(seconds * 1000),
      requestStatus(object),
    ];
  },
);

export const webhooksPrinter = printer<V1MutatingWebhookConfiguration>(
  'Name, Webhooks:integer, Age',
  (object, now) => [nameOf(object), object.webhooks?.length ?? 0, age(object, now)],
);

export const admissionPolicyPrinter = printer<V1ValidatingAdmissionPolicy>(
  'Name, Validations:integer, ParamKind, Age',
  (object, now) => {
    const kind = object.spec?.paramKind;
    return [
      nameOf(object),
      object.spec?.validations?.length ?? 0,
      kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>',
      age(object, now),
    ];
  },
);

export const admissionBindingPrinter = printer<V1ValidatingAdmissionPolicyBinding>(
  'Name, PolicyName, ParamRef, Age',
  (object, now) => {
    const reference = object.spec?.paramRef;
    const text = !reference
      ? '<unset>'
      : reference.name
        ? `${reference.namespace ?? '*'}/${reference.name}`
        : `${reference.namespace ?? '*'}/<selector>`;
    return [nameOf(object), object.spec?.policyName ?? '', text, age(object, now)];
  },
);

export const flowSchemaPrinter = printer<V1FlowSchema>(
  'Name, PriorityLevel, MatchingPrecedence:integer, DistinguisherMethod, Age, MissingPL',
  (object, now) => {
    const { spec, status } = object;
    const dangling = status?.conditions?.find(each => each.type === 'Dangling')?.status;
    return [
      nameOf(object),
      spec?.priorityLevelConfiguration?.name ?? '',
      spec?.matchingPrecedence ?? 0,
      orNone(spec?.distinguisherMethod?.type),
      age(object, now),
      dangling ?? '?',
    ];
  },
);

export const priorityLevelPrinter = printer<V1PriorityLevelConfiguration>(
  'Name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age',
  (object, now) => {
    const { limited, exempt, type = '' } = object.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      nameOf(object),
      type,
      orNone(`${(limited ?? exempt)?.nominalConcurrencyShares ?? ''}`),
      orNone(`${queuing?.queues ?? ''}`),
      orNone(`${queuing?.handSize ?? ''}`),
      orNone(`${queuing?.queueLengthLimit ?? ''}`),
      age(object, now),
    ];
  },
);

export const attachmentPrinter = printer<V1VolumeAttachment>(
  'Name, Attacher, PV, Node, Attached:boolean, Age',
  (object, now) => [
    nameOf(object),
    object.spec?.attacher ?? '',
    object.spec?.source?.persistentVolumeName ?? '',
    object.spec?.nodeName ?? '',
    object.status?.attached ?? false,
    age(object, now),
  ],
);

export const csiDriverPrinter = printer<V1CSIDriver>(
  'Name, AttachRequired:boolean, PodInfoOnMount:boolean, StorageCapacity:boolean, TokenRequests, RequiresRepublish:boolean, Modes, Age',
  (object, now) => {
    const spec = object.spec ?? {};
    return [
      nameOf(object),
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      (spec.tokenRequests ?? []).map(each => each.audience).join(',') || '<unset>',
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(',') || '<unset>',
      age(object, now),
    ];
  },
);

export const csiNodePrinter = printer<V1CSINode>('Name, Drivers:integer, Age', (object, now) => [
  nameOf(object),
  object.spec?.drivers?.length ?? 0,
  age(object, now),
]);

export const attributesClassPrinter = printer<V1VolumeAttributesClass>(
  'Name, DriverName, Age',
  (object, now) => [nameOf(object), object.driverName, age(object, now)],
);

export const apiServicePrinter = printer<V1APIService>('Name, Service, Available, Age', (object, now) => {
  const service = object.spec?.service;
  const available = object.status?.conditions?.find(each => each.type === 'Available');
  const reason = available && available.status !== 'True' ? ` (${available.reason ?? ''})` : '';
  return [
    nameOf(object),
    service ? `${service.namespace}/${service.name}` : 'Local',
    `${available?.status ?? 'Unknown'}${reason}`,
    age(object, now),
  ];
});

export const resourceSlicePrinter = printer<V1ResourceSlice>(
  'Name, Node, Driver, Pool, Age',
  (object, now) => [
    nameOf(object),
    object.spec?.nodeName ?? '<unset>',
    object.spec?.driver ?? '',
    object.spec?.pool?.name ?? '',
    age(object, now),
  ],
);

/** Kinds whose only fact is how long they are there. */
export const agePrinter = printer('Name, Age', (object, now) => [nameOf(object), age(object, now)]);
