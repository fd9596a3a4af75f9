import { Command } from 'commander';
import { layoutOf, stateOf } from '../../cluster/layout.ts';
import { clusterPaths } from '../../cluster/paths.ts';
import { clusterNames, readDescription } from '../../cluster/state.ts';
import { table } from '../table.ts';

export const lsCommand = (): Command =>
  new Command('ls').description('list the clusters of this user').action(() => {
    const rows = clusterNames().map(name => {
      const paths = clusterPaths(name);
      try {
        const description = readDescription(paths)!;
        const { nodes, proxyMode, apiPort } = description;
        return [
          name,
          stateOf(layoutOf(paths, description)),
          String(nodes.length),
          proxyMode,
          `127.0.0.1:${apiPort}`,
        ];
      } catch {
        return [name, 'damaged', '-', '-', '-'];
      }
    });
    process.stdout.write(table(['NAME', 'STATE', 'NODES', 'PROXY MODE', 'API'], rows));
  });
