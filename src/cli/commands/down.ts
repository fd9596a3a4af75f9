import { Command } from 'commander';
import { down } from '../../cluster/down.ts';
import { nameOption } from '../options.ts';
import { createProgress } from '../progress.ts';

export const downCommand = (): Command =>
  new Command('down')
    .description('end a cluster and leave nothing behind')
    .addOption(nameOption())
    .option('--keep-data', 'stop it, and keep its state for the next up', false)
    .action(async (flags: { name: string; keepData: boolean }) => {
      const progress = createProgress();
      progress.step(`ending the cluster "${flags.name}"`);
      try {
        const done = await down(flags);
        const what = done ? (flags.keepData ? 'is stopped; its state is kept' : 'is gone') : 'does not exist';
        progress.succeed(`The cluster "${flags.name}" ${what}.`);
      } catch (error) {
        progress.stop();
        throw error;
      }
    });
