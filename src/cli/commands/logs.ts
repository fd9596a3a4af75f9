import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { UserError } from '../../cluster/errors.ts';
import { logFiles } from '../../cluster/logs.ts';
import { existingCluster } from '../../cluster/state.ts';
import { nameOption } from '../options.ts';

export const logsCommand = (): Command =>
  new Command('logs')
    .description("print a component's log (default: the server's)")
    .argument('[component]', 'server, a node, or NODE/containerd', 'server')
    .addOption(nameOption())
    .action(async (component: string, flags: { name: string }) => {
      const { paths, description } = existingCluster(flags.name);
      const files = logFiles(paths, description);
      const file = files.get(component);
      if (!file || !existsSync(file)) {
        throw new UserError(`there is no log of "${component}"; there are: ${[...files.keys()].join(', ')}`);
      }
      await pipeline(createReadStream(file), process.stdout, { end: false });
    });
