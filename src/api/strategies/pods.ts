// Pods and Pod templates (upstream pkg/registry/core/pod/strategy.go, ValidatePodCreate and ValidatePodUpdate).
import { semanticEqual } from '../../machinery/equality.ts';
import { dns1123Label } from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { compareQuantities, parseQuantity } from '../../machinery/quantity.ts';
import type { V1Container, V1Pod, V1PodSpec, V1PodTemplate, V1Toleration } from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';
import { checkPodSpec, checkTemplate } from '../validation/pods/spec.ts';
import { resolveLabelKeys } from './pod-labels.ts';

const isPositive = (value: string | undefined): value is string => {
  if (value === undefined) return false;
  try {
    return parseQuantity(value).nanos > 0n;
  } catch {
    return false;
  }
};

/** `Guaranteed`, `Burstable` or `BestEffort` by the containers' (or the Pod's own) cpu and memory. */
export function qosClassOf(spec: V1PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers: Pick<V1Container, 'resources'>[] = spec.resources
    ? [spec]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of containers)
    for (const name of ['cpu', 'memory']) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      if (isPositive(request) || isPositive(limit)) any = true;
      if (!isPositive(limit)) guaranteed = false;
      else if (isPositive(request) && compareQuantities(parseQuantity(request), parseQuantity(limit)) !== 0)
        guaranteed = false;
    }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}

const allowed =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Takes from `old` what a write of this subresource may change, so that what differs then may not. */
function withoutAllowed(spec: V1PodSpec, old: V1PodSpec, subresource: string | undefined): V1PodSpec {
  const resizable = subresource === undefined || subresource === 'resize';
  const images = (now: readonly V1Container[] | undefined, before: readonly V1Container[] | undefined) =>
    now?.map((container, index) => ({
      ...container,
      image: before?.[index]?.image ?? container.image,
      ...(resizable
        ? { resources: before?.[index]?.resources, resizePolicy: before?.[index]?.resizePolicy }
        : {}),
    }));
  return {
    ...spec,
    containers: images(spec.containers, old.containers) ?? [],
    initContainers: images(spec.initContainers, old.initContainers),
    ephemeralContainers:
      subresource === undefined || subresource === 'ephemeralcontainers'
        ? old.ephemeralContainers
        : spec.ephemeralContainers,
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    terminationGracePeriodSeconds:
      (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1
        ? old.terminationGracePeriodSeconds
        : spec.terminationGracePeriodSeconds,
    ...(old.schedulingGates?.length ? { nodeSelector: old.nodeSelector, affinity: old.affinity } : {}),
  };
}

function checkTolerations(
  causes: Causes,
  now: readonly V1Toleration[],
  before: readonly V1Toleration[],
): void {
  for (const old of before) {
    const kept = now.some(each =>
      semanticEqual({ ...each, tolerationSeconds: 0 }, { ...old, tolerationSeconds: 0 }),
    );
    if (!kept) {
      causes.forbidden(
        'spec.tolerations',
        'existing toleration can not be modified except its tolerationSeconds',
      );
      return;
    }
  }
}

function checkUpdate(causes: Causes, spec: V1PodSpec, old: V1PodSpec, subresource: string | undefined): void {
  if (spec.containers.length !== old.containers.length) {
    causes.forbidden('spec.containers', 'pod updates may not add or remove containers');
    return;
  }
  if ((spec.initContainers?.length ?? 0) !== (old.initContainers?.length ?? 0)) {
    causes.forbidden('spec.initContainers', 'pod updates may not add or remove containers');
    return;
  }
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (now !== undefined && before !== undefined && now > before)
    causes.invalid('spec.activeDeadlineSeconds', now, 'must be less than or equal to previous value');
  else if (now === undefined && before !== undefined)
    causes.invalid(
      'spec.activeDeadlineSeconds',
      null,
      'must not update from a positive integer to nil value',
    );
  checkTolerations(causes, spec.tolerations ?? [], old.tolerations ?? []);
  const gates = new Set((old.schedulingGates ?? []).map(gate => gate.name));
  const added = (spec.schedulingGates ?? []).filter(gate => !gates.has(gate.name));
  if (added.length > 0)
    causes.forbidden(
      'spec.schedulingGates',
      `only deletion is allowed, but found new scheduling gates ${added.map(gate => `'${gate.name}'`).join(', ')}`,
    );
  if (!semanticEqual(withoutAllowed(spec, old, subresource), old)) causes.forbidden('spec', allowed);
}

export const podStrategy: Strategy = {
  prepareForCreate(object) {
    const pod = object as V1Pod;
    resolveLabelKeys(pod);
    pod.status = { phase: 'Pending', ...(pod.spec ? { qosClass: qosClassOf(pod.spec) } : {}) };
    if (pod.spec?.schedulingGates?.length)
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ];
  },
  prepareForStatusUpdate(object, old) {
    if (old.metadata?.ownerReferences) object.metadata!.ownerReferences = old.metadata.ownerReferences;
    else delete object.metadata!.ownerReferences;
    // Old kubelets leave out what the server decided at creation.
    const qosClass = (old as V1Pod).status?.qosClass;
    const pod = object as V1Pod;
    if (qosClass && !pod.status?.qosClass) pod.status = { ...pod.status, qosClass };
  },
  validate: object => collect(causes => checkPodSpec(causes, (object as V1Pod).spec, 'spec')),
  validateUpdate: (object, old, subresource) =>
    collect(causes => {
      const [now, before] = [(object as V1Pod).spec, (old as V1Pod).spec];
      checkPodSpec(causes, now, 'spec');
      if (now && before && causes.list.length === 0) checkUpdate(causes, now, before, subresource);
    }),
  warnings(object, old) {
    const name = object.metadata?.name ?? '';
    const wrong = old ? [] : dns1123Label(name);
    return wrong.length === 0
      ? []
      : [
          `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`,
        ];
  },
  gracePeriodSeconds(object) {
    const seconds = (object as V1Pod).spec?.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
};

const checkPodTemplate = (object: KubeObject) =>
  collect(causes => checkTemplate(causes, (object as V1PodTemplate).template, 'template'));

export const podTemplateStrategy: Strategy = { validate: checkPodTemplate, validateUpdate: checkPodTemplate };
