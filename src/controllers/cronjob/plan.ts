// When a CronJob is due and which of its Jobs may go (upstream: pkg/controller/cronjob/utils.go). Pure.
import type { V1CronJob, V1Job } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { isFinished, isTrue } from '../job/plan.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

/** More missed starts than this, and an Event says that something is wrong. */
const manyMissed = 100;

export const scheduleOf = (cronJob: V1CronJob): Schedule =>
  parseSchedule(cronJob.spec!.schedule, cronJob.spec?.timeZone || undefined);

export interface Due {
  /** The latest time that has come and was not served; undefined: none. */
  time: number | undefined;
  next: number | undefined;
  manyMissed: boolean;
}

/** Looks from the last start (or the creation) on, but not further back than the starting deadline. */
export function dueTime(cronJob: Stored<V1CronJob>, schedule: Schedule, now: number): Due {
  const { startingDeadlineSeconds } = cronJob.spec!;
  let from = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  if (startingDeadlineSeconds !== undefined) from = Math.max(from, now - startingDeadlineSeconds * 1000);
  let time: number | undefined;
  let missed = 0;
  let next = schedule.next(from);
  while (next !== undefined && next <= now) {
    time = next;
    missed++;
    next = missed > manyMissed ? schedule.next(skipAhead(schedule, next, now)) : schedule.next(next);
  }
  return { time, next, manyMissed: missed > manyMissed };
}

/** A moment shortly before `now` from which the latest due time is still ahead: gaps of the schedule are about as long as its last one. */
function skipAhead(schedule: Schedule, from: number, now: number): number {
  const gap = (schedule.next(from) ?? now) - from;
  const periods = Math.floor((now - from) / Math.max(gap, 1000)) - 2;
  return periods > 0 ? from + periods * gap - 1 : from;
}

/** The same time always gives the same name: a start is never made twice. */
export const jobName = (cronJob: Stored<V1CronJob>, time: number): string =>
  `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;

/** Finished Jobs beyond the history limits, the oldest first. */
export function surplusJobs(cronJob: V1CronJob, owned: readonly Stored<V1Job>[]): Stored<V1Job>[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec!;
  const started = (job: V1Job): number =>
    Date.parse(job.status?.startTime ?? job.metadata?.creationTimestamp ?? '');
  const beyond = (jobs: Stored<V1Job>[], limit: number): Stored<V1Job>[] =>
    jobs.sort((a, b) => started(a) - started(b)).slice(0, Math.max(0, jobs.length - limit));
  return [
    ...beyond(
      owned.filter(job => isTrue(job, 'Complete')),
      successfulJobsHistoryLimit,
    ),
    ...beyond(
      owned.filter(job => isTrue(job, 'Failed')),
      failedJobsHistoryLimit,
    ),
  ];
}

export const isActive = (job: Stored<V1Job>): boolean => !isFinished(job);
