import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { UserError } from '../../cluster/errors.ts';
import { readProcess } from '../../cluster/holder.ts';
import { importImages } from '../../cluster/images/import.ts';
import { layoutOf } from '../../cluster/layout.ts';
import { existingCluster } from '../../cluster/state.ts';
import { nameOption } from '../options.ts';

const loadCommand = (): Command =>
  new Command('load')
    .description('load an image archive (docker save, OCI layout) into every node')
    .argument('<file.tar>')
    .addOption(nameOption())
    .action(async (file: string, flags: { name: string }) => {
      if (!existsSync(file)) throw new UserError(`there is no file ${file}`);
      const { paths, description } = existingCluster(flags.name);
      const layout = layoutOf(paths, description);
      const holders = layout.nodes
        .map(node => readProcess(node.holderFile))
        .filter(holder => holder !== undefined);
      if (holders.length === 0)
        throw new UserError(`the cluster "${flags.name}" does not run: start it with: tsukube up`);
      const loaded = await Promise.all(holders.map(holder => importImages(holder, file)));
      process.stdout.write(loaded[0]!.map(name => `loaded ${name}\n`).join(''));
    });

export const imageCommand = (): Command =>
  new Command('image').description("the nodes' images").addCommand(loadCommand());
