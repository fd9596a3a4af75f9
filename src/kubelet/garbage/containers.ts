import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';

/** Dead runs of one container that are kept, for `kubectl logs --previous`. */
const keepRuns = 1;

/**
 * Removes dead containers that no one can ask for any more, with their logs, and sandboxes that another one replaced (upstream:
 * pkg/kubelet/kuberuntime/kuberuntime_gc.go).
 */
export async function removeDeadContainers(core: Core, workers: Pods): Promise<void> {
  const { runtime, files } = core.options;
  for (const { state } of workers.all()) {
    const runs = new Map<string, number>();
    // The newest comes first, whatever its state; older ones are dead.
    for (const { id, name, state: containerState, logPath } of state.containers) {
      const count = runs.get(name) ?? 0;
      runs.set(name, count + 1);
      if (count <= keepRuns || containerState !== 'exited') continue;
      await runtime.removeContainer(id);
      await files.removeFile(logPath);
    }
    for (const sandbox of state.sandboxes.slice(1)) {
      const used = state.containers.some(
        ({ createdAt }) => createdAt >= sandbox.createdAt && createdAt < state.sandboxes[0]!.createdAt,
      );
      if (sandbox.state === 'not-ready' && !used) await runtime.removeSandbox(sandbox.id);
    }
  }
}
