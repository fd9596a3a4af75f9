// The status of a Job at the end of a round, and what it tells (upstream: pkg/controller/job/job_controller.go).
import type { V1Job, V1JobCondition, V1JobStatus } from '../../api/generated/types.ts';
import { type Clock, timestamp } from '../../machinery/clock.ts';
import { setCondition } from '../../machinery/conditions.ts';
import { isPodReady } from '../common/pods.ts';
import { type Counts, condition, isTrue } from './plan.ts';

export interface News {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** `end` is how the Job ends; its condition comes only when no Pod runs any more, after one that announces it. */
export function nextStatus(
  job: V1Job,
  counts: Counts,
  end: V1JobCondition | undefined,
  clock: Clock,
): { status: V1JobStatus; news: News[] } {
  const now = clock.now();
  const news: News[] = [];
  let conditions: readonly V1JobCondition[] = job.status?.conditions ?? [];
  const put = (next: V1JobCondition): void => {
    conditions = setCondition(conditions, next, clock);
  };
  let completionTime = job.status?.completionTime;
  if (end) {
    const complete = end.type === 'Complete';
    const target = complete ? 'SuccessCriteriaMet' : 'FailureTarget';
    if (!isTrue(job, target)) put({ ...end, type: target });
    if (counts.active.length + counts.terminating.length === 0) {
      put(end);
      if (complete) completionTime = timestamp(now);
      news.push(
        complete
          ? { type: 'Normal', reason: 'Completed', message: 'Job completed' }
          : { type: 'Warning', reason: end.reason ?? '', message: end.message ?? '' },
      );
    }
  } else if (job.spec?.suspend && !isTrue(job, 'Suspended')) {
    put(condition('Suspended', 'True', 'JobSuspended', 'Job suspended', now));
    news.push({ type: 'Normal', reason: 'Suspended', message: 'Job suspended' });
  } else if (!job.spec?.suspend && isTrue(job, 'Suspended')) {
    put(condition('Suspended', 'False', 'JobResumed', 'Job resumed', now));
    news.push({ type: 'Normal', reason: 'Resumed', message: 'Job resumed' });
  }
  const status = {
    ...job.status,
    active: end ? 0 : counts.active.length,
    ready: end ? 0 : counts.active.filter(isPodReady).length,
    terminating: counts.terminating.length,
    conditions: [...conditions],
    ...(completionTime ? { completionTime } : {}),
  };
  return { status, news };
}
