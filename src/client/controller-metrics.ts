import type { Metrics } from '../machinery/metrics.ts';

const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export type Outcome = 'success' | 'requeue_after' | 'conflict' | 'error' | 'terminal' | 'panic';

/** What is measured of each controller, alike for all. */
export interface ControllerMetrics {
  started(): void;
  ended(outcome: Outcome, seconds: number): void;
}

export function controllerMetrics(controller: string, metrics: Metrics): ControllerMetrics {
  const total = metrics.counter(
    'tsukube_controller_reconcile_total',
    'Reconciliations by their result: success, requeue_after, conflict, error, terminal, panic',
    ['controller', 'result'],
  );
  const active = metrics.gauge('tsukube_controller_active_workers', 'Workers that are reconciling now', [
    'controller',
  ]);
  const time = metrics.histogram(
    'tsukube_controller_reconcile_time_seconds',
    'How long a reconciliation takes',
    ['controller'],
    buckets,
  );
  let workers = 0;
  return {
    started() {
      active.set(++workers, { controller });
    },
    ended(result, seconds) {
      active.set(--workers, { controller });
      total.add(1, { controller, result });
      time.observe(seconds, { controller });
    },
  };
}
