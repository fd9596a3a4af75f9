// Jobs and CronJobs (upstream pkg/apis/batch/validation and pkg/registry/batch).

import { semanticEqual } from '../../machinery/equality.ts';
import { dns1123Subdomain } from '../../machinery/formats.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { V1CronJob, V1Job, V1JobSpec } from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';
import { cronProblem } from '../validation/cron.ts';
import { checkTemplate } from '../validation/pods/spec.ts';
import { checkSelector } from '../validation/selectors.ts';

/** Labels of the Pods of one Job; the old names beside the new ones. */
function generateSelector(job: V1Job): void {
  const { spec, metadata } = job;
  if (!spec || spec.manualSelector || spec.selector) return;
  const own = {
    'batch.kubernetes.io/controller-uid': metadata?.uid ?? '',
    'batch.kubernetes.io/job-name': metadata?.name ?? '',
    'controller-uid': metadata?.uid ?? '',
    'job-name': metadata?.name ?? '',
  };
  const template = (spec.template ??= {} as typeof spec.template);
  const templateMetadata = (template.metadata ??= {});
  templateMetadata.labels = { ...templateMetadata.labels, ...own };
  spec.selector = {
    matchLabels: { 'batch.kubernetes.io/controller-uid': own['batch.kubernetes.io/controller-uid'] },
  };
}

function checkJobSpec(causes: Causes, spec: V1JobSpec, field: string): void {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
  ] as const;
  for (const name of counts) causes.nonNegative(`${field}.${name}`, spec[name]);
  causes.oneOf(`${field}.completionMode`, spec.completionMode, ['Indexed', 'NonIndexed']);
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined)
      causes.required(`${field}.completions`, 'when completion mode is Indexed');
    if ((spec.parallelism ?? 0) > 100000)
      causes.invalid(
        `${field}.parallelism`,
        spec.parallelism,
        'must be less than or equal to 100000 when completion mode is Indexed',
      );
  } else if (spec.backoffLimitPerIndex !== undefined)
    causes.invalid(
      `${field}.backoffLimitPerIndex`,
      spec.backoffLimitPerIndex,
      'requires indexed completion mode',
    );
  causes.oneOf(`${field}.podReplacementPolicy`, spec.podReplacementPolicy, ['Failed', 'TerminatingOrFailed']);
  checkTemplate(causes, spec.template, `${field}.template`);
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always')
    causes.required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
  else if (policy && policy !== 'OnFailure' && policy !== 'Never')
    causes.notSupported(`${field}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']);
  if (spec.podFailurePolicy && policy === 'OnFailure')
    causes.invalid(
      `${field}.template.spec.restartPolicy`,
      policy,
      'only "Never" is supported when podFailurePolicy is specified',
    );
}

function checkJob(causes: Causes, object: KubeObject): void {
  const { spec } = object as V1Job;
  if (!spec) {
    causes.required('spec.template');
    return;
  }
  if (!spec.selector) causes.required('spec.selector');
  else {
    checkSelector(causes, spec.selector, 'spec.selector');
    try {
      const labels = spec.template?.metadata?.labels;
      if (!compileLabelSelector(spec.selector).matches(labels))
        causes.invalid(
          'spec.template.metadata.labels',
          labels ?? null,
          '`selector` does not match template `labels`',
        );
    } catch {
      // said by checkSelector
    }
  }
  checkJobSpec(causes, spec, 'spec');
}

function checkJobUpdate(causes: Causes, object: KubeObject, old: KubeObject): void {
  const [now, before] = [(object as V1Job).spec, (old as V1Job).spec];
  if (!now || !before) return;
  const elastic =
    now.completionMode === 'Indexed' &&
    now.completions !== before.completions &&
    now.completions === now.parallelism;
  if (!elastic && now.completions !== before.completions)
    causes.immutable('spec.completions', now.completions);
  if (!semanticEqual(now.selector, before.selector)) causes.immutable('spec.selector', now.selector);
  const fixed = [
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const;
  const startTime = (old as V1Job).status?.startTime;
  const mutable = before.suspend && !startTime;
  const strip = (spec: V1JobSpec) => {
    if (!mutable) return spec.template;
    const {
      nodeSelector: _,
      tolerations: _1,
      affinity: _2,
      schedulingGates: _3,
      ...rest
    } = spec.template.spec ?? {};
    const { labels: _4, annotations: _5, ...metadata } = spec.template.metadata ?? {};
    return { ...spec.template, metadata, spec: rest };
  };
  if (!semanticEqual(strip(now), strip(before))) causes.immutable('spec.template', now.template);
  for (const name of fixed)
    if (!semanticEqual(now[name], before[name])) causes.immutable(`spec.${name}`, now[name]);
}

export const jobStrategy: Strategy = {
  prepareForCreate: object => generateSelector(object as V1Job),
  validate: object => collect(causes => checkJob(causes, object)),
  validateUpdate: (object, old) =>
    collect(causes => {
      checkJob(causes, object);
      checkJobUpdate(causes, object, old);
    }),
};

function checkCronJob(causes: Causes, object: KubeObject): void {
  const { spec, metadata } = object as V1CronJob;
  if ((metadata?.name?.length ?? 0) > 52)
    causes.invalid('metadata.name', metadata!.name, 'must be no more than 52 characters');
  if (!spec) {
    causes.required('spec.schedule');
    return;
  }
  if (!spec.schedule) causes.required('spec.schedule');
  else {
    const problem = cronProblem(spec.schedule);
    if (problem) causes.invalid('spec.schedule', spec.schedule, problem);
    if (spec.schedule.includes('TZ'))
      causes.invalid(
        'spec.schedule',
        spec.schedule,
        'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      );
  }
  checkTimeZone(causes, spec.timeZone);
  causes.nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds);
  causes.oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], true);
  causes.nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit);
  causes.nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit);
  const job = spec.jobTemplate?.spec;
  if (!job) causes.required('spec.jobTemplate.spec.template.spec.containers');
  else {
    if (job.manualSelector)
      causes.notSupported('spec.jobTemplate.spec.manualSelector', job.manualSelector, ['nil', 'false']);
    checkJobSpec(causes, job, 'spec.jobTemplate.spec');
  }
}

function checkTimeZone(causes: Causes, zone: string | undefined): void {
  if (zone === undefined) return;
  if (zone === '') {
    causes.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string');
    return;
  }
  if (zone.toLowerCase() === 'local')
    causes.invalid(
      'spec.timeZone',
      zone,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    );
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    causes.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
  }
}

const cronJob = (object: KubeObject) => collect(causes => checkCronJob(causes, object));

export const cronJobStrategy: Strategy = {
  validate: cronJob,
  validateUpdate: cronJob,
  warnings(object) {
    const name = object.metadata?.name;
    return name && dns1123Subdomain(name).length === 0 && name.includes('.')
      ? [
          `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]`,
        ]
      : [];
  },
};
