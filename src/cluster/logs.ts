import { join } from 'node:path';
import { layoutOf } from './layout.ts';
import type { ClusterPaths } from './paths.ts';
import type { ClusterDescription } from './state.ts';

export const containerdLog = (paths: ClusterPaths, node: string): string =>
  join(paths.logs, `${node}-containerd.log`);

/** What `tsukube logs` may be asked for, and the file of each. */
export function logFiles(paths: ClusterPaths, description: ClusterDescription): Map<string, string> {
  const layout = layoutOf(paths, description);
  return new Map([
    ...layout.processes.map((each): [string, string] => [each.name, each.log]),
    ...layout.nodes.map((node): [string, string] => [
      `${node.name}/containerd`,
      containerdLog(paths, node.name),
    ]),
  ]);
}
