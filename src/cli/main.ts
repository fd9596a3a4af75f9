// The `tsukube` command: options and words here, work in src/cluster.
import { Command, CommanderError } from 'commander';
import { UserError } from '../cluster/errors.ts';
import { CommandError } from '../platform/exec.ts';
import { completionCommand } from './commands/completion.ts';
import { downCommand } from './commands/down.ts';
import { imageCommand } from './commands/image.ts';
import { kubeconfigCommand } from './commands/kubeconfig.ts';
import { logsCommand } from './commands/logs.ts';
import { lsCommand } from './commands/ls.ts';
import { nodeCommand } from './commands/node.ts';
import { shellCommand } from './commands/shell.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';

export function createProgram(): Command {
  const program = new Command('tsukube')
    .description('Kubernetes written in TypeScript: real clusters on this machine')
    .showHelpAfterError('(tsukube COMMAND --help says more)')
    .enablePositionalOptions()
    .exitOverride();
  const commands = [
    upCommand(),
    downCommand(),
    lsCommand(),
    statusCommand(),
    kubeconfigCommand(),
    shellCommand(),
    imageCommand(),
    nodeCommand(),
    logsCommand(),
    versionCommand(),
    completionCommand(program),
  ];
  for (const command of commands) program.addCommand(inherit(command));
  return program;
}

/** Commander's settings do not pass to commands that are made apart. */
function inherit(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help says more)');
  for (const child of command.commands) inherit(child);
  return command;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version end well.
    process.exitCode = error.exitCode;
  } else if (error instanceof UserError || error instanceof CommandError) {
    process.stderr.write(`tsukube: ${error.message}\n`);
    process.exitCode = 1;
  } else if (error instanceof Error && error.name === 'AbortError') {
    process.exitCode = 130;
  } else if (isNoSpace(error)) {
    process.stderr.write(
      'tsukube: no space is left on the disk: free some, or set XDG_STATE_HOME to a folder on another one\n',
    );
    process.exitCode = 1;
  } else {
    throw error;
  }
}

function isNoSpace(error: unknown): boolean {
  return (
    error instanceof Error && ((error as NodeJS.ErrnoException).code === 'ENOSPC' || isNoSpace(error.cause))
  );
}
