import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { UserError } from '../../cluster/errors.ts';
import { inside, readProcess } from '../../cluster/holder.ts';
import { layoutOf } from '../../cluster/layout.ts';
import { existingCluster } from '../../cluster/state.ts';
import { nameOption } from '../options.ts';

export const shellCommand = (): Command =>
  new Command('shell')
    .description("a shell, or a command, inside the cluster's network, where virtual IPs answer")
    .addOption(nameOption())
    .argument('[words...]', 'NODE (default: the first one), then -- and a command (default: a shell)')
    .passThroughOptions()
    .action(async (_words: string[], flags: { name: string }, command: Command) => {
      const { node, words } = split(command);
      const { paths, description } = existingCluster(flags.name);
      const layout = layoutOf(paths, description);
      const target =
        node === undefined
          ? layout.nodes.find(each => !each.stopped)
          : layout.nodes.find(each => each.name === node);
      if (!target) {
        throw new UserError(
          node === undefined
            ? 'no node of the cluster runs'
            : `there is no node "${node}"; there are: ${description.nodes.join(', ')} (a command goes after --)`,
        );
      }
      const holder = readProcess(target.holderFile);
      if (!holder)
        throw new UserError(
          `node "${target.name}" does not run: start it with: tsukube up --name ${flags.name}`,
        );
      const [program, args] = inside(
        holder,
        ...(words.length > 0 ? words : [process.env.SHELL || '/bin/sh']),
      );
      process.exitCode = await new Promise<number>((resolve, reject) => {
        const child = spawn(program, args, { stdio: 'inherit' });
        // Ctrl-C is for what runs inside.
        process.on('SIGINT', () => {});
        child.on('error', reject);
        child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
      });
    });

/** Commander drops the `--`, which here tells a node's name from a command. */
function split(command: Command): { node: string | undefined; words: string[] } {
  const separator = process.argv.indexOf('--');
  if (separator < 0) {
    if (command.args.length > 1)
      throw new UserError('a command goes after --: tsukube shell [NODE] -- COMMAND');
    return { node: command.args[0], words: [] };
  }
  const words = process.argv.slice(separator + 1);
  const before = command.args.slice(0, command.args.length - words.length);
  return { node: before[0], words };
}
