// What a Job needs now (upstream: pkg/controller/job/job_controller.go syncJob, manageJob). Pure.
import type { V1Job, V1JobCondition, V1Pod } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { findCondition } from '../../machinery/conditions.ts';
import type { Stored } from '../../machinery/object.ts';
import { isPodActive, isPodTerminal, isPodTerminating, podCondition } from '../common/pods.ts';
import { indexOf } from './indexes.ts';

type Job = Stored<V1Job>;
type Pod = Stored<V1Pod>;

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const firstBackoffMs = 10_000;
const maxBackoffMs = 10 * 60_000;

export const condition = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  now: number,
): V1JobCondition => ({
  type,
  status,
  reason,
  message,
  lastProbeTime: timestamp(now),
  lastTransitionTime: timestamp(now),
});

export const isTrue = (job: V1Job, type: string): boolean =>
  findCondition(job.status?.conditions, type)?.status === 'True';
export const isFinished = (job: V1Job): boolean => isTrue(job, 'Complete') || isTrue(job, 'Failed');
export const isIndexed = (job: V1Job): boolean => job.spec?.completionMode === 'Indexed';
export const isTracked = (pod: V1Pod): boolean =>
  pod.metadata?.finalizers?.includes(trackingFinalizer) ?? false;

export interface Counts {
  active: Pod[];
  terminating: Pod[];
  /** Ended and not yet in the status' counters, nor in its list of uncounted ones. */
  ended: Pod[];
  succeeded: number;
  failed: number;
}

/** `succeeded` and `failed` take in counters, uncounted ones, and those that ended since. */
export function countPods(job: Job, pods: readonly Pod[]): Counts {
  const { uncountedTerminatedPods: uncounted } = job.status ?? {};
  const known = new Set([...(uncounted?.succeeded ?? []), ...(uncounted?.failed ?? [])]);
  const ended = pods.filter(pod => isPodTerminal(pod) && isTracked(pod) && !known.has(pod.metadata.uid));
  const fresh = (phase: string): number => ended.filter(pod => pod.status?.phase === phase).length;
  return {
    active: pods.filter(isPodActive),
    terminating: pods.filter(isPodTerminating),
    ended,
    succeeded: (job.status?.succeeded ?? 0) + (uncounted?.succeeded?.length ?? 0) + fresh('Succeeded'),
    failed: (job.status?.failed ?? 0) + (uncounted?.failed?.length ?? 0) + fresh('Failed'),
  };
}

const restartsOf = (pods: readonly V1Pod[]): number =>
  pods.reduce(
    (sum, { status }) =>
      sum +
      [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].reduce(
        (restarts, { restartCount }) => restarts + restartCount,
        0,
      ),
    0,
  );

/** How the Job ends, if it ends now. `completed` counts distinct indexes for an indexed Job. */
export function verdict(
  job: Job,
  counts: Counts,
  completed: number,
  now: number,
): V1JobCondition | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, completions, template } = job.spec!;
  const onFailure = template.spec?.restartPolicy === 'OnFailure';
  const restarts = onFailure ? restartsOf(counts.active) : 0;
  if (
    counts.failed > backoffLimit ||
    (onFailure && restarts > 0 && restarts >= backoffLimit && backoffLimit > 0)
  )
    return condition(
      'Failed',
      'True',
      'BackoffLimitExceeded',
      'Job has reached the specified backoff limit',
      now,
    );
  const start = job.status?.startTime;
  if (
    activeDeadlineSeconds !== undefined &&
    start &&
    !job.spec?.suspend &&
    now - Date.parse(start) >= activeDeadlineSeconds * 1000
  )
    return condition(
      'Failed',
      'True',
      'DeadlineExceeded',
      'Job was active longer than specified deadline',
      now,
    );
  const reached =
    completions === undefined ? completed > 0 && counts.active.length === 0 : completed >= completions;
  return reached
    ? condition('Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods', now)
    : undefined;
}

/** How many Pods should be active now. */
export function wantedActive(job: Job, counts: Counts, completed: number): number {
  const { parallelism = 1, completions, suspend } = job.spec!;
  if (suspend) return 0;
  if (completions === undefined) return completed > 0 ? counts.active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - completed));
}

/** Milliseconds until the next Pod may be started after failures: 10 s, doubled for each in a row. */
export function backoffMs(pods: readonly Pod[], failed: number, now: number): number {
  if (failed === 0) return 0;
  const ends = pods.filter(pod => pod.status?.phase === 'Failed').map(endOf);
  if (ends.length === 0) return 0;
  const delay = Math.min(firstBackoffMs * 2 ** (failed - 1), maxBackoffMs);
  return Math.max(0, Math.max(...ends) + delay - now);
}

/** When the Pod ended: its last container, else what its conditions say. */
function endOf(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  const known = ends.filter(Number.isFinite);
  if (known.length > 0) return Math.max(...known);
  const changed = podCondition(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp;
  return Date.parse(changed);
}

/** The lowest indexes that are neither done nor being worked on. */
export function freeIndexes(
  job: Job,
  done: ReadonlySet<number>,
  busy: readonly V1Pod[],
  count: number,
): number[] {
  const taken = new Set(busy.map(indexOf));
  const free: number[] = [];
  for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < count; index++)
    if (!done.has(index) && !taken.has(index)) free.push(index);
  return free;
}
