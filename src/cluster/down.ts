// `tsukube down`: ends a cluster and leaves nothing behind, or only its data.
import { rmSync } from 'node:fs';
import { contextName } from './access.ts';
import { clusterCgroup, removeCgroup } from './cgroups.ts';
import { UserError } from './errors.ts';
import { endHolder } from './holder.ts';
import { uninstallAccess } from './kubeconfig.ts';
import { forgetAll, layoutOf, liveHolders } from './layout.ts';
import { lockCluster } from './lock.ts';
import { clusterPaths } from './paths.ts';
import { checkClusterName, readDescription } from './state.ts';
import { stopProcesses } from './stop.ts';

export interface DownOptions {
  name: string;
  keepData: boolean;
  /** The caller holds the cluster's lock already. */
  locked?: boolean;
}

/** False when there was nothing to end. */
export async function down(options: DownOptions): Promise<boolean> {
  const paths = clusterPaths(checkClusterName(options.name));
  await using _lock = options.locked ? undefined : await lockCluster(options.name);
  let description: ReturnType<typeof readDescription>;
  try {
    description = readDescription(paths);
  } catch (error) {
    // A damaged or newer description must not make a cluster immortal; what runs is found by its run folder.
    if (!(error instanceof UserError) || options.keepData) throw error;
    description = undefined;
    await endStray(paths.run, paths.root);
    rmSync(paths.root, { recursive: true, force: true });
    uninstallAccess(contextName(options.name));
    return true;
  }
  if (!description) return false;
  const layout = layoutOf(paths, description);
  if (options.keepData) await stopProcesses(layout);
  for (const holder of liveHolders(layout)) await endHolder(holder);
  forgetAll(layout);
  await removeCgroup(clusterCgroup(paths.root));
  rmSync(paths.run, { recursive: true, force: true });
  if (!options.keepData) {
    rmSync(paths.root, { recursive: true, force: true });
    uninstallAccess(contextName(options.name));
  }
  return true;
}

async function endStray(run: string, root: string): Promise<void> {
  const { strayHolders } = await import('./stray.ts');
  for (const holder of strayHolders(run)) await endHolder(holder);
  await removeCgroup(clusterCgroup(root));
}
