import { isAlive, readProcess } from './holder.ts';
import type { Layout } from './layout.ts';

const patienceMs = 10_000;

/** Asks all processes of a cluster to end (they end their Pods' containers and close the store) and waits for them, a while. */
export async function stopProcesses(layout: Layout): Promise<void> {
  const living = layout.processes
    .map(each => readProcess(each.processFile))
    .filter(each => each !== undefined);
  for (const each of living) process.kill(each.pid, 'SIGTERM');
  for (let waited = 0; waited < patienceMs && living.some(isAlive); waited += 20) {
    await new Promise(next => setTimeout(next, 20));
  }
}
