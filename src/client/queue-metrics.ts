import type { Clock, Timer } from '../machinery/clock.ts';
import type { Metrics } from '../machinery/metrics.ts';

const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
const sampleMs = 500;

/** What a queue measures, under upstream's names (client-go util/workqueue/metrics.go). */
export interface QueueMetrics {
  added(key: string): void;
  taken(key: string): void;
  done(key: string): void;
  retried(): void;
  /** Stops sampling. */
  dispose(): void;
}

export function queueMetrics(name: string, clock: Clock, metrics: Metrics): QueueMetrics {
  const labels = { name };
  const depth = metrics.gauge('workqueue_depth', 'Current depth of workqueue', ['name']);
  const adds = metrics.counter('workqueue_adds_total', 'Total number of adds handled by workqueue', ['name']);
  const retries = metrics.counter('workqueue_retries_total', 'Total number of retries handled by workqueue', [
    'name',
  ]);
  const waited = metrics.histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested.',
    ['name'],
    buckets,
  );
  const worked = metrics.histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes.',
    ['name'],
    buckets,
  );
  const unfinished = metrics.gauge(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work has been done that is in progress and has not been observed by work_duration. Large values indicate stuck threads.',
    ['name'],
  );
  const longest = metrics.gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    ['name'],
  );
  const addedAt = new Map<string, number>();
  const takenAt = new Map<string, number>();
  let sampling: Timer | undefined;
  let disposed = false;

  // Sampled only while something is being worked on, so that an idle process has no timer of ours.
  const sample = (): void => {
    const now = clock.monotonic();
    let total = 0;
    let max = 0;
    for (const at of takenAt.values()) {
      total += now - at;
      max = Math.max(max, now - at);
    }
    unfinished.set(total / 1000, labels);
    longest.set(max / 1000, labels);
    sampling = takenAt.size > 0 && !disposed ? clock.timer(sampleMs, sample) : undefined;
  };

  depth.set(0, labels);
  return {
    added(key) {
      adds.add(1, labels);
      addedAt.set(key, clock.monotonic());
      depth.set(addedAt.size, labels);
    },
    taken(key) {
      const now = clock.monotonic();
      const at = addedAt.get(key);
      if (at !== undefined) waited.observe((now - at) / 1000, labels);
      addedAt.delete(key);
      takenAt.set(key, now);
      depth.set(addedAt.size, labels);
      sampling ??= clock.timer(sampleMs, sample);
    },
    done(key) {
      const at = takenAt.get(key);
      if (at !== undefined) worked.observe((clock.monotonic() - at) / 1000, labels);
      takenAt.delete(key);
    },
    retried: () => retries.add(1, labels),
    dispose() {
      disposed = true;
      sampling?.cancel();
    },
  };
}
