import { Command } from 'commander';
import { completionScript, shells } from '../completion.ts';

export const completionCommand = (program: Command): Command =>
  new Command('completion')
    .description(`print a completion script (${shells.join(', ')})`)
    .argument('<shell>', shells.join(', '))
    .action((shell: string, _flags: object, command: Command) => {
      const script = completionScript(shell, program);
      if (script === undefined)
        command.error(
          `error: "${shell}" is no shell that completion is made for; there are: ${shells.join(', ')}`,
        );
      process.stdout.write(script!);
    });
