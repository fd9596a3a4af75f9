import { Command } from 'commander';
import { startNode, stopNode } from '../../cluster/up.ts';
import { nameOption } from '../options.ts';
import { createProgress, interruptSignal } from '../progress.ts';

const stopCommand = (): Command =>
  new Command('stop')
    .description('stop a node as a power cut would; its data stays')
    .argument('<node>')
    .addOption(nameOption())
    .action(async (node: string, flags: { name: string }) => {
      await stopNode(flags.name, node);
      createProgress().succeed(`Node "${node}" is stopped.`);
    });

const startCommand = (): Command =>
  new Command('start')
    .description('start a stopped node')
    .argument('<node>')
    .addOption(nameOption())
    .action(async (node: string, flags: { name: string }) => {
      const progress = createProgress();
      try {
        await startNode(flags.name, node, { progress: progress.step, signal: interruptSignal() });
        progress.succeed(`Node "${node}" runs.`);
      } catch (error) {
        progress.stop();
        throw error;
      }
    });

export const nodeCommand = (): Command =>
  new Command('node').description("a cluster's nodes").addCommand(stopCommand()).addCommand(startCommand());
