// Deployments, sets, Jobs, autoscalers (upstream pkg/printers/internalversion/printers.go).
import { humanDuration } from '../../machinery/duration.ts';
import { formatLabelSelector } from '../../machinery/labels.ts';
import { controllerOf } from '../../machinery/object.ts';
import type {
  V1ControllerRevision,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1LabelSelector,
  V1ReplicaSet,
  V1ReplicationController,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
  V2MetricSpec,
  V2MetricStatus,
} from '../generated/types.ts';
import { age, labelsText, nameOf, orNone, printer, since } from './columns.ts';
import { containersText } from './pods.ts';

const selectorText = (selector: V1LabelSelector | undefined): string => orNone(formatLabelSelector(selector));

export const deploymentPrinter = printer<V1Deployment>(
  'Name, Ready, Up-to-date:integer, Available:integer, Age, +Containers, +Images, +Selector',
  (object, now) => {
    const { spec, status } = object;
    return [
      nameOf(object),
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(object, now),
      ...containersText(spec?.template?.spec),
      selectorText(spec?.selector),
    ];
  },
);

const replicas =
  'Name, Desired:integer, Current:integer, Ready:integer, Age, +Containers, +Images, +Selector';

export const replicaSetPrinter = printer<V1ReplicaSet>(replicas, (object, now) => [
  nameOf(object),
  object.spec?.replicas ?? 0,
  object.status?.replicas ?? 0,
  object.status?.readyReplicas ?? 0,
  age(object, now),
  ...containersText(object.spec?.template?.spec),
  selectorText(object.spec?.selector),
]);

export const replicationControllerPrinter = printer<V1ReplicationController>(replicas, (object, now) => [
  nameOf(object),
  object.spec?.replicas ?? 0,
  object.status?.replicas ?? 0,
  object.status?.readyReplicas ?? 0,
  age(object, now),
  ...containersText(object.spec?.template?.spec),
  labelsText(object.spec?.selector),
]);

export const statefulSetPrinter = printer<V1StatefulSet>(
  'Name, Ready, Age, +Containers, +Images',
  (object, now) => [
    nameOf(object),
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    age(object, now),
    ...containersText(object.spec?.template?.spec),
  ],
);

export const daemonSetPrinter = printer<V1DaemonSet>(
  'Name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector, Age, +Containers, +Images, +Selector',
  (object, now) => {
    const { spec, status } = object;
    return [
      nameOf(object),
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsText(spec?.template?.spec?.nodeSelector),
      age(object, now),
      ...containersText(spec?.template?.spec),
      selectorText(spec?.selector),
    ];
  },
);

function jobStatus(job: V1Job): string {
  const has = (type: string): boolean =>
    job.status?.conditions?.some(each => each.type === type && each.status === 'True') ?? false;
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (job.metadata?.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completions({ spec, status }: V1Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration({ status }: V1Job, now: number): string {
  if (!status?.startTime) return '';
  const failed = status.conditions?.find(each => each.type === 'Failed' && each.status === 'True');
  const end = (status.completionTime ?? failed?.lastTransitionTime) as string | undefined;
  return humanDuration((end ? Date.parse(end) : now) - Date.parse(status.startTime as unknown as string));
}

export const jobPrinter = printer<V1Job>(
  'Name, Status, Completions, Duration, Age, +Containers, +Images, +Selector',
  (job, now) => [
    nameOf(job),
    jobStatus(job),
    completions(job),
    jobDuration(job, now),
    age(job, now),
    ...containersText(job.spec?.template?.spec),
    selectorText(job.spec?.selector),
  ],
);

export const cronJobPrinter = printer<V1CronJob>(
  'Name, Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, Age, +Containers, +Images, +Selector',
  (object, now) => {
    const { spec, status } = object;
    const last = status?.lastScheduleTime as string | undefined;
    return [
      nameOf(object),
      spec?.schedule ?? '',
      orNone(spec?.timeZone),
      spec?.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      last ? since(last, now) : '<none>',
      age(object, now),
      ...containersText(spec?.jobTemplate?.spec?.template?.spec),
      selectorText(spec?.jobTemplate?.spec?.selector),
    ];
  },
);

type Values = { value?: string; averageValue?: string; averageUtilization?: number };
type Source = { name?: string; container?: string; target?: Values; current?: Values };

const sourceOf = (metric: V2MetricSpec | V2MetricStatus | undefined, type: string): Source | undefined =>
  (metric as unknown as Record<string, Source> | undefined)?.[type[0]!.toLowerCase() + type.slice(1)];

/** `cpu: 12%/80%`: what is, and what is aimed at. */
function metricText(spec: V2MetricSpec, status: V2MetricStatus | undefined): string {
  const source = sourceOf(spec, spec.type);
  const current = sourceOf(status, spec.type)?.current;
  const target = source?.target ?? {};
  const isResource = spec.type === 'Resource' || spec.type === 'ContainerResource';
  if (isResource) {
    const prefix = spec.type === 'ContainerResource' ? `${source?.name}/${source?.container}` : source?.name;
    if (target.averageValue !== undefined)
      return `${prefix}: ${current?.averageValue ?? '<unknown>'}/${target.averageValue}`;
    const is = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`;
    const aim = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
    return `${prefix}: ${is}/${aim}`;
  }
  if (target.averageValue !== undefined) {
    const suffix = spec.type === 'Pods' ? '' : ' (avg)';
    return `${current?.averageValue ?? '<unknown>'}/${target.averageValue}${suffix}`;
  }
  return `${current?.value ?? '<unknown>'}/${target.value ?? ''}`;
}

function metricsText({ spec, status }: V2HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  return texts.length > 2
    ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...`
    : texts.join(', ');
}

export const autoscalerPrinter = printer<V2HorizontalPodAutoscaler>(
  'Name, Reference, Targets, MinPods, MaxPods:integer, Replicas:integer, Age',
  (object, now) => {
    const { spec, status } = object;
    const cpu = (spec as { targetCPUUtilizationPercentage?: number } | undefined)
      ?.targetCPUUtilizationPercentage;
    const usage = (status as { currentCPUUtilizationPercentage?: number } | undefined)
      ?.currentCPUUtilizationPercentage;
    return [
      nameOf(object),
      `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
      cpu === undefined
        ? metricsText(object)
        : `cpu: ${usage === undefined ? '<unknown>' : `${usage}%`}/${cpu}%`,
      spec?.minReplicas === undefined ? '<unset>' : `${spec.minReplicas}`,
      spec?.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      age(object, now),
    ];
  },
);

export const controllerRevisionPrinter = printer<V1ControllerRevision>(
  'Name, Controller, Revision:integer, Age',
  (object, now) => {
    const owner = controllerOf(object);
    const group = owner?.apiVersion.includes('/') ? owner.apiVersion.split('/')[0] : '';
    const text = owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : '<none>';
    return [nameOf(object), text, object.revision, age(object, now)];
  },
);
