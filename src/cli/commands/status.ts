import { Command } from 'commander';
import { readProcess } from '../../cluster/holder.ts';
import { layoutOf, stateOf } from '../../cluster/layout.ts';
import { residentBytes } from '../../cluster/memory.ts';
import { existingCluster } from '../../cluster/state.ts';
import { nameOption } from '../options.ts';
import { table } from '../table.ts';

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

export const statusCommand = (): Command =>
  new Command('status')
    .description('say what of a cluster runs; exit code 3 when not all of it does')
    .addOption(nameOption())
    .action((flags: { name: string }) => {
      const { paths, description } = existingCluster(flags.name);
      const layout = layoutOf(paths, description);
      const state = stateOf(layout);
      process.stdout.write(
        `${flags.name}: ${state}, API on 127.0.0.1:${description.apiPort}, proxy mode ${description.proxyMode}\n`,
      );
      for (const { hostPort, nodePort } of description.publish) {
        process.stdout.write(`127.0.0.1:${hostPort} is node port ${nodePort}\n`);
      }
      const rows = layout.processes.map(each => {
        const process = readProcess(each.processFile);
        const holder = readProcess(each.holderFile);
        const wanted = !each.node?.stopped || each.roles.includes('server');
        const condition =
          process && holder ? 'running' : wanted ? (holder ? 'process ended' : 'not there') : 'stopped';
        return [
          each.name,
          each.roles.join('+'),
          condition,
          holder ? megabytes(residentBytes(holder)) : '-',
          each.node?.address ?? '-',
        ];
      });
      process.stdout.write(table(['PROCESS', 'ROLES', 'STATE', 'MEMORY', 'ADDRESS'], rows));
      if (state !== 'running') process.exitCode = 3;
    });
