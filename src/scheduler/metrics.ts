import type { Metrics } from '../machinery/metrics.ts';
import type { QueuedPod } from './queue.ts';

const buckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

export interface SchedulerMetrics {
  /** The pure decision's duration. */
  decided(milliseconds: number): void;
  attempt(result: 'scheduled' | 'unschedulable' | 'error', queued: QueuedPod, nowMs: number): void;
}

/** Upstream's names (pkg/scheduler/metrics). */
export function schedulerMetrics(metrics: Metrics, profile: string): SchedulerMetrics {
  const attempts = metrics.counter(
    'scheduler_schedule_attempts_total',
    "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
    ['result', 'profile'],
  );
  const algorithm = metrics.histogram(
    'scheduler_scheduling_algorithm_duration_seconds',
    'Scheduling algorithm latency in seconds',
    [],
    buckets,
  );
  const sli = metrics.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
    ['attempts'],
    buckets,
  );
  return {
    decided: milliseconds => algorithm.observe(milliseconds / 1000),
    attempt(result, { added, attempts: count }, nowMs) {
      attempts.add(1, { result, profile });
      if (result === 'scheduled')
        sli.observe((nowMs - added) / 1000, { attempts: String(Math.min(count, 15)) });
    },
  };
}
