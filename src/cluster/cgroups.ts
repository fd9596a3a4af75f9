import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Mount points of all cgroup hierarchies: one for cgroup v2, one for each controller for v1. */
const hierarchies = (): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, point]) => point!);

/** A cluster's cgroup, absolute in each hierarchy. Its state folder is part of the name: two users may give clusters one name. */
export const clusterCgroup = (root: string): string =>
  `/tsukube/${basename(root)}-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;

/** The cgroup under which all Pods of a node lie. */
export const nodeCgroup = (root: string, node: string): string => `${clusterCgroup(root)}/${node}`;

/** Removes the empty groups below `folder` and itself; true when nothing is left of it. */
function removeTree(folder: string): boolean {
  let entries: string[];
  try {
    entries = readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
  } catch {
    return true;
  }
  let gone = true;
  for (const entry of entries) gone = removeTree(join(folder, entry)) && gone;
  try {
    rmdirSync(folder);
    return gone;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Removes a cgroup everywhere, once its processes have ended: the kernel takes them out a moment after their death. */
export async function removeCgroup(path: string): Promise<void> {
  for (let waited = 0; ; waited += 10) {
    const left = hierarchies().filter(point => !removeTree(join(point, path)));
    if (left.length === 0) break;
    if (waited > 5000) throw new Error(`cgroup ${path} is still in use in ${left.join(', ')}`);
    await new Promise(next => setTimeout(next, 10));
  }
  // The folder that all clusters share goes with the last of them.
  for (const point of hierarchies()) {
    try {
      rmdirSync(join(point, path.split('/')[1]!));
    } catch {
      // Another cluster is still there, or it never was.
    }
  }
}
