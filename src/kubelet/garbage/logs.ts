import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';

// Upstream's containerLogMaxSize and containerLogMaxFiles.
const maxBytes = 10 * 1024 * 1024;
const maxFiles = 5;

/** Puts aside logs that have grown too large, and lets the runtime begin new ones (upstream: pkg/kubelet/logs). */
export async function rotateLogs(core: Core, workers: Pods): Promise<void> {
  const { runtime, files } = core.options;
  for (const { state } of workers.all())
    for (const { id, state: containerState, logPath } of state.containers)
      if (containerState === 'running' && (await files.rotate(logPath, maxBytes, maxFiles)))
        await runtime.reopenLog(id);
}
