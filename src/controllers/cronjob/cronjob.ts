// The CronJob controller (upstream: pkg/controller/cronjob/cronjob_controllerv2.go).
import { cronjobs, jobs } from '../../api/generated/resources/batch.v1.ts';
import type { V1CronJob, V1CronJobStatus, V1Job } from '../../api/generated/types.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import { referenceTo } from '../../client/events.ts';
import { timestamp } from '../../machinery/clock.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { controllerOf, keyOf, type Stored } from '../../machinery/object.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { controllerReference, dependentsOf, indexByController } from '../common/owners.ts';
import { isFinished, isTrue } from '../job/plan.ts';
import { dueTime, isActive, jobName, scheduleOf, surplusJobs } from './plan.ts';
import type { Schedule } from './schedule.ts';

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** A start is not looked for earlier than this after its time, since clocks are not exact. */
const leewayMs = 100;

export function createCronJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('cronjob-controller');
  const cronCache = informers.for(cronjobs);
  const jobCache = informers.for(jobs);
  indexByController(jobCache);

  const remove = async (cronJob: Stored<V1CronJob>, job: Stored<V1Job>): Promise<void> => {
    const { name, namespace, uid } = job.metadata;
    try {
      await client.delete(jobs, name, namespace, { propagationPolicy: 'Background', preconditions: { uid } });
      events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${String(error)}`);
      throw error;
    }
  };

  const create = async (cronJob: Stored<V1CronJob>, time: number): Promise<Stored<V1Job> | undefined> => {
    const { jobTemplate } = cronJob.spec!;
    const { name, namespace, annotations, labels } = {
      ...jobTemplate.metadata,
      name: jobName(cronJob, time),
      namespace: cronJob.metadata.namespace,
    };
    const job: V1Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace,
        labels,
        annotations: { ...annotations, [scheduledAnnotation]: timestamp(time) },
        ownerReferences: [controllerReference(cronjobs, cronJob)],
      },
      spec: jobTemplate.spec,
    };
    try {
      const created = await client.create(jobs, job);
      events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return created;
    } catch (error) {
      if (isAlreadyExists(error)) {
        const found = await client.get(jobs, name, namespace);
        return controllerOf(found)?.uid === cronJob.metadata.uid ? found : undefined;
      }
      if (!isNamespaceTerminating(error)) {
        const text = error instanceof Error ? error.message : String(error);
        events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${text}`);
      }
      throw error;
    }
  };

  /** Active Jobs as the status lists them; tells of those that ended or came from elsewhere. */
  const updateActive = (cronJob: Stored<V1CronJob>, owned: readonly Stored<V1Job>[]): V1CronJobStatus => {
    const status: V1CronJobStatus = { ...cronJob.status };
    const listed = new Set((status.active ?? []).map(({ uid }) => uid));
    for (const job of owned) {
      if (!listed.has(job.metadata.uid) || !isFinished(job)) continue;
      const how = isTrue(job, 'Complete') ? 'Complete' : 'Failed';
      events.event(
        cronJob,
        'Normal',
        'SawCompletedJob',
        `Saw completed job: ${job.metadata.name}, condition: ${how}`,
      );
      const { completionTime } = job.status ?? {};
      if (completionTime && completionTime > (status.lastSuccessfulTime ?? ''))
        status.lastSuccessfulTime = completionTime;
    }
    status.active = owned.filter(isActive).map(job => referenceTo(job));
    return status;
  };

  const write = async (cronJob: Stored<V1CronJob>, status: V1CronJobStatus): Promise<void> => {
    if (!semanticEqual(cronJob.status, status)) await client.updateStatus(cronjobs, { ...cronJob, status });
  };

  const readSchedule = (cronJob: Stored<V1CronJob>): Schedule | undefined => {
    const { schedule, timeZone } = cronJob.spec!;
    try {
      return scheduleOf(cronJob);
    } catch (error) {
      const isZone = error instanceof RangeError;
      const reason = isZone ? 'UnknownTimeZone' : 'UnparseableSchedule';
      const text = isZone
        ? `invalid timeZone: "${timeZone}": ${error.message}`
        : `unparseable schedule: "${schedule}" : ${String(error)}`;
      events.event(cronJob, 'Warning', reason, text);
      return undefined;
    }
  };

  const round = async (cronJob: Stored<V1CronJob>): Promise<Result> => {
    const owned = dependentsOf(jobCache, cronJob.metadata.uid);
    let status = updateActive(cronJob, owned);
    for (const job of surplusJobs(cronJob, owned)) await remove(cronJob, job);
    const schedule =
      cronJob.metadata.deletionTimestamp || cronJob.spec?.suspend ? undefined : readSchedule(cronJob);
    if (!schedule) {
      await write(cronJob, status);
      return undefined;
    }
    const now = clock.now();
    const due = dueTime(cronJob, schedule, now);
    if (due.manyMissed)
      events.event(
        cronJob,
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    const result: Result = due.next === undefined ? undefined : { requeueAfterMs: due.next - now + leewayMs };
    const known =
      due.time !== undefined && jobCache.get(`${cronJob.metadata.namespace}/${jobName(cronJob, due.time)}`);
    if (due.time === undefined || known) {
      await write(cronJob, status);
      return result;
    }
    const active = owned.filter(isActive);
    const policy = cronJob.spec?.concurrencyPolicy ?? 'Allow';
    if (policy === 'Forbid' && active.length > 0) {
      events.event(
        cronJob,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      );
      await write(cronJob, status);
      return result;
    }
    if (policy === 'Replace') for (const job of active) await remove(cronJob, job);
    const created = await create(cronJob, due.time);
    const others = policy === 'Replace' ? [] : (status.active ?? []);
    status = {
      ...status,
      lastScheduleTime: timestamp(due.time),
      active: created
        ? [...others.filter(({ uid }) => uid !== created.metadata.uid), referenceTo(created)]
        : others,
    };
    await write(cronJob, status);
    return result;
  };

  return {
    name: 'cronjob',
    workers: 5,
    watches: [
      watching({ resource: cronjobs }),
      watching({ resource: jobs, owns: { apiVersion: 'batch/v1', kind: 'CronJob' } }),
    ],
    async reconcile(key) {
      const cronJob = cronCache.get(key);
      return cronJob && keyOf(cronJob) === key ? round(cronJob) : undefined;
    },
  };
}
