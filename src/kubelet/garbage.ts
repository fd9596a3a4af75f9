import type { Timer } from '../machinery/clock.ts';
import type { Core } from './pods/core.ts';
import type { Pods } from './pods/pods.ts';

const everyMs = 60_000;
/** Dead runs of one container that are kept, for `kubectl logs --previous`. */
const keepRuns = 1;

/**
 * Removes dead containers that no one can ask for any more, and sandboxes that another one replaced (upstream:
 * pkg/kubelet/kuberuntime/kuberuntime_gc.go). Returns what ends it.
 */
export function collectGarbage(core: Core, workers: Pods): () => void {
  const { clock, logger } = core.context;
  let timer: Timer | undefined;
  let closed = false;

  const sweep = async (): Promise<void> => {
    const { runtime } = core.options;
    for (const { state } of workers.all()) {
      const dead = new Map<string, number>();
      // The newest comes first, whatever its state; older ones are dead.
      const seen = new Set<string>();
      for (const { id, name, state: containerState } of state.containers) {
        if (!seen.has(name)) {
          seen.add(name);
          continue;
        }
        const count = (dead.get(name) ?? 0) + 1;
        dead.set(name, count);
        if (count > keepRuns && containerState === 'exited') await runtime.removeContainer(id);
      }
      for (const sandbox of state.sandboxes.slice(1)) {
        const used = state.containers.some(
          ({ createdAt }) => createdAt >= sandbox.createdAt && createdAt < state.sandboxes[0]!.createdAt,
        );
        if (sandbox.state === 'not-ready' && !used) await runtime.removeSandbox(sandbox.id);
      }
    }
  };

  const schedule = (): void => {
    timer = clock.timer(everyMs, () => {
      sweep()
        .catch(error => logger.debug('garbage collection failed', { error }))
        .finally(() => {
          if (!closed) schedule();
        });
    });
  };
  schedule();
  return () => {
    closed = true;
    timer?.cancel();
  };
}
