// Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers (upstream pkg/apis/apps/validation).
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type {
  V1ControllerRevision,
  V1DaemonSet,
  V1Deployment,
  V1LabelSelector,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1ReplicationController,
  V1StatefulSet,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';
import { checkTemplate } from '../validation/pods/spec.ts';
import { checkSelector, isEmptySelector } from '../validation/selectors.ts';

interface Workload {
  selector?: V1LabelSelector;
  template?: V1PodTemplateSpec;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  replicas?: number;
}

/** `name` is the kind as upstream's messages say it. */
function checkCommon(causes: Causes, spec: Workload, name: string, replicasField = 'spec.replicas'): void {
  causes.nonNegative(replicasField, spec.replicas);
  if (!spec.selector) causes.required('spec.selector');
  else {
    checkSelector(causes, spec.selector, 'spec.selector');
    if (isEmptySelector(spec.selector))
      causes.invalid('spec.selector', spec.selector, `empty selector is invalid for ${name}`);
  }
  checkSelected(causes, spec, 'spec.template.metadata.labels');
  checkTemplate(causes, spec.template, 'spec.template');
  const policy = spec.template?.spec?.restartPolicy;
  if (policy !== 'Always' && causes.list.every(cause => cause.field !== 'spec.template.spec.restartPolicy'))
    causes.notSupported('spec.template.spec.restartPolicy', policy ?? '', ['Always']);
  if (spec.template?.spec?.activeDeadlineSeconds !== undefined)
    causes.forbidden(
      'spec.template.spec.activeDeadlineSeconds',
      `activeDeadlineSeconds in ${name} is not Supported`,
    );
}

function checkCounts(causes: Causes, spec: Workload): void {
  causes.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  causes.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit);
}

function checkSelected(causes: Causes, { selector, template }: Workload, field: string): void {
  if (selector && isEmptySelector(selector)) return;
  try {
    if (selector && compileLabelSelector(selector).matches(template?.metadata?.labels)) return;
  } catch {
    return; // said by checkSelector
  }
  causes.invalid(field, template?.metadata?.labels ?? null, '`selector` does not match template `labels`');
}

function checkShare(causes: Causes, value: number | string | undefined, field: string): void {
  if (typeof value === 'number') causes.nonNegative(field, value);
  else if (value !== undefined && !/^\d+%$/.test(value))
    causes.invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    );
}

const isZero = (value: number | string | undefined): boolean =>
  value === undefined || value === 0 || value === '0%';
const percent = (value: number | string | undefined): number =>
  typeof value === 'string' ? Number.parseInt(value, 10) : 0;

function checkDeployment(causes: Causes, object: KubeObject): void {
  const spec = (object as V1Deployment).spec;
  if (!spec) {
    causes.required('spec.selector');
    return;
  }
  checkCommon(causes, spec, 'deployment');
  const { type, rollingUpdate: rolling } = spec.strategy ?? {};
  if (type === 'Recreate' && rolling)
    causes.forbidden(
      'spec.strategy.rollingUpdate',
      "may not be specified when strategy `type` is 'Recreate'",
    );
  else if (type === 'RollingUpdate') {
    const field = 'spec.strategy.rollingUpdate';
    if (!rolling) causes.required(field, 'this should be defaulted and never be nil');
    checkShare(causes, rolling?.maxUnavailable, `${field}.maxUnavailable`);
    checkShare(causes, rolling?.maxSurge, `${field}.maxSurge`);
    if (isZero(rolling?.maxUnavailable) && isZero(rolling?.maxSurge))
      causes.invalid(
        `${field}.maxUnavailable`,
        rolling?.maxUnavailable ?? 0,
        'may not be 0 when `maxSurge` is 0',
      );
    if (percent(rolling?.maxUnavailable) > 100)
      causes.invalid(`${field}.maxUnavailable`, rolling!.maxUnavailable, 'must not be greater than 100%');
  } else causes.oneOf('spec.strategy.type', type, ['Recreate', 'RollingUpdate'], true);
  checkCounts(causes, spec);
  const [deadline, ready] = [spec.progressDeadlineSeconds, spec.minReadySeconds ?? 0];
  causes.nonNegative('spec.progressDeadlineSeconds', deadline);
  if (deadline !== undefined && deadline <= ready)
    causes.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
}

function checkStatefulSet(causes: Causes, object: KubeObject): void {
  const spec = (object as V1StatefulSet).spec;
  if (!spec) {
    causes.required('spec.selector');
    return;
  }
  causes.oneOf('spec.podManagementPolicy', spec.podManagementPolicy, ['OrderedReady', 'Parallel'], true);
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  causes.oneOf('spec.updateStrategy.type', type, ['OnDelete', 'RollingUpdate'], true);
  if (type === 'OnDelete' && rollingUpdate)
    causes.invalid(
      'spec.updateStrategy.rollingUpdate',
      rollingUpdate,
      "only allowed for updateStrategy 'RollingUpdate'",
    );
  causes.nonNegative('spec.updateStrategy.rollingUpdate.partition', rollingUpdate?.partition);
  causes.nonNegative('spec.ordinals.start', spec.ordinals?.start);
  checkCommon(causes, spec, 'statefulset');
  checkCounts(causes, spec);
}

function checkDaemonSet(causes: Causes, object: KubeObject): void {
  const spec = (object as V1DaemonSet).spec;
  if (!spec) {
    causes.required('spec.selector');
    return;
  }
  checkCommon(causes, spec, 'daemonset');
  checkCounts(causes, spec);
  const { type, rollingUpdate: rolling } = spec.updateStrategy ?? {};
  causes.oneOf('spec.updateStrategy.type', type, ['OnDelete', 'RollingUpdate'], true);
  if (type !== 'RollingUpdate') return;
  const field = 'spec.updateStrategy.rollingUpdate';
  if (!rolling) {
    causes.required(field);
    return;
  }
  checkShare(causes, rolling.maxUnavailable, `${field}.maxUnavailable`);
  checkShare(causes, rolling.maxSurge, `${field}.maxSurge`);
  const [unavailable, surge] = [!isZero(rolling.maxUnavailable), !isZero(rolling.maxSurge)];
  if (unavailable && surge)
    causes.invalid(`${field}.maxSurge`, rolling.maxSurge, 'may not be set when maxUnavailable is non-zero');
  if (!unavailable && !surge) causes.required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
}

function checkReplicaSet(causes: Causes, object: KubeObject): void {
  const spec = (object as V1ReplicaSet).spec;
  if (!spec) {
    causes.required('spec.selector');
    return;
  }
  checkCounts(causes, spec);
  checkCommon(causes, spec as Workload, 'ReplicaSet');
}

function checkReplicationController(causes: Causes, object: KubeObject): void {
  const { spec } = object as V1ReplicationController;
  causes.nonNegative('spec.minReadySeconds', spec?.minReadySeconds);
  if (Object.keys(spec?.selector ?? {}).length === 0) causes.required('spec.selector');
  if (spec?.replicas === undefined) causes.required('spec.replicas');
  causes.nonNegative('spec.replicas', spec?.replicas);
  if (!spec?.template) {
    causes.required('spec.template');
    return;
  }
  checkSelected(
    causes,
    { selector: { matchLabels: spec.selector }, template: spec.template },
    'spec.template.metadata.labels',
  );
  checkTemplate(causes, spec.template, 'spec.template');
  const policy = spec.template.spec?.restartPolicy;
  if (policy && policy !== 'Always')
    causes.notSupported('spec.template.spec.restartPolicy', policy, ['Always']);
}

type Check = (causes: Causes, object: KubeObject) => void;
type Specced = { spec?: Record<string, unknown> };

/** The kind's checks on create and update, and a selector that never changes. */
function strategy(
  check: Check,
  fixed: readonly string[],
  update?: (causes: Causes, object: KubeObject, old: KubeObject) => void,
): Strategy {
  return {
    validate: object => collect(causes => check(causes, object)),
    validateUpdate: (object, old) =>
      collect(causes => {
        check(causes, object);
        const [now, before] = [(object as Specced).spec ?? {}, (old as Specced).spec ?? {}];
        for (const name of fixed)
          if (!semanticEqual(now[name], before[name])) causes.immutable(`spec.${name}`, now[name]);
        update?.(causes, object, old);
      }),
  };
}

const statefulSetChanges = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function checkStatefulSetUpdate(causes: Causes, object: KubeObject, old: KubeObject): void {
  const rest = (value: KubeObject) => {
    const spec = { ...(value as Specced).spec };
    for (const name of statefulSetChanges) delete spec[name];
    return spec;
  };
  if (!semanticEqual(rest(object), rest(old)))
    causes.forbidden(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
}

export const deploymentStrategy = strategy(checkDeployment, ['selector']);
export const replicaSetStrategy = strategy(checkReplicaSet, ['selector']);
export const daemonSetStrategy = strategy(checkDaemonSet, ['selector']);
export const statefulSetStrategy = strategy(checkStatefulSet, [], checkStatefulSetUpdate);
export const replicationControllerStrategy = strategy(checkReplicationController, []);
export const controllerRevisionStrategy: Strategy = {
  validate: object =>
    collect(causes => causes.nonNegative('revision', (object as V1ControllerRevision).revision)),
  validateUpdate: (object, old) =>
    collect(causes => {
      const [now, before] = [object as V1ControllerRevision, old as V1ControllerRevision];
      causes.nonNegative('revision', now.revision);
      if (!semanticEqual(now.data, before.data)) causes.immutable('data', now.data);
    }),
};
