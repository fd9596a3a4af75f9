// What is particular to some kinds in how the generic verbs treat them. Keys are `resource.group` (`pods` in the core group).
// Sources: the storages and strategies of upstream's pkg/registry, v1.36.
import type { Registration } from '../../api/registration.ts';
import { groupResource } from '../../api/resource.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** A PUT to a name that does not exist creates it (AllowCreateOnUpdate). */
const createdByUpdate = new Set([
  'endpoints',
  'events',
  'limitranges',
  'services',
  'events.events.k8s.io',
  'leases.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'priorityclasses.scheduling.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
]);

/** A PUT must name the resourceVersion it is based on (AllowUnconditionalUpdate is false). */
const versionRequired = new Set([
  'apiservices.apiregistration.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'leases.coordination.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'poddisruptionbudgets.policy',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  'runtimeclasses.node.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'volumeattachments.storage.k8s.io',
]);

/** A DELETE answers with the object, not with a Status (ReturnDeletedObject). */
const answersWithObject = new Set([
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourcequotas',
  'serviceaccounts',
  'services',
  'deviceclasses.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourceclaimtemplates.resource.k8s.io',
  'resourceslices.resource.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
]);

/** Neither orphaned nor deleted in the foreground: events have no dependents (GarbageCollectionPolicy Unsupported). */
const withoutDependents = new Set(['events', 'events.events.k8s.io']);

/** Objects that are forgotten some seconds after their last write (--event-ttl). */
export const lifetimes: Readonly<Record<string, number>> = { events: 3600 };

export const createsOnUpdate = (registration: Registration): boolean =>
  createdByUpdate.has(groupResource(registration));
export const needsVersion = (registration: Registration): boolean =>
  versionRequired.has(groupResource(registration));
export const deleteAnswersObject = (registration: Registration): boolean =>
  answersWithObject.has(groupResource(registration));
export const hasDependents = (registration: Registration): boolean =>
  !withoutDependents.has(groupResource(registration));

type Fields = KubeObject & {
  spec?: { nodeName?: string; finalizers?: string[] };
  status?: { phase?: string };
};

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** How an object leaves, where that is not the generic way. */
export interface Lifecycle {
  /** True where no one is left to wait for: the grace period is 0 whatever was asked. */
  immediate?(object: KubeObject): boolean;
  /** Finalizers besides those in metadata that hold the object. */
  held?(object: KubeObject): boolean;
  /** Added by the first DELETE: who takes it away deletes what depends on the object. */
  finalizer?: string;
  /** Marked as being deleted even with no finalizer in metadata; changes the caller's own copy. */
  markDeleting?(object: KubeObject): void;
}

const lifecycles: Readonly<Record<string, Lifecycle>> = {
  pods: {
    immediate: object => {
      const { spec, status } = object as Fields;
      return !spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed';
    },
  },
  'customresourcedefinitions.apiextensions.k8s.io': { finalizer: cleanupFinalizer },
  namespaces: {
    held: object => ((object as Fields).spec?.finalizers?.length ?? 0) > 0,
    markDeleting: object => {
      const fields = object as Fields;
      fields.status = { ...fields.status, phase: 'Terminating' };
    },
  },
};

export const lifecycleOf = (registration: Registration): Lifecycle =>
  lifecycles[groupResource(registration)] ?? {};

/** Subresources that write a part of their parent and nothing else: what of the new object counts. */
const parts: Readonly<Record<string, readonly string[][]>> = {
  'namespaces/finalize': [['spec', 'finalizers']],
  'certificatesigningrequests.certificates.k8s.io/approval': [['status', 'conditions']],
  'pods/ephemeralcontainers': [['spec', 'ephemeralContainers']],
};

/** Paths that a write of this subresource changes; `undefined` for `status` and for subresources of another nature. */
export const partsOf = (registration: Registration, subresource: string): readonly string[][] | undefined =>
  parts[`${groupResource(registration)}/${subresource}`];
