import { Command } from 'commander';
import { installAccess, mergeAccess } from '../../cluster/kubeconfig.ts';
import { userAccess } from '../../cluster/pki.ts';
import { existingCluster } from '../../cluster/state.ts';
import { nameOption } from '../options.ts';

export const kubeconfigCommand = (): Command =>
  new Command('kubeconfig')
    .description("print the cluster's kubeconfig")
    .addOption(nameOption())
    .option('--merge', "merge it into the user's kubeconfig instead, and make it current", false)
    .action(async (flags: { name: string; merge: boolean }) => {
      const { paths, description } = existingCluster(flags.name);
      const access = await userAccess(paths, description);
      if (flags.merge) process.stderr.write(`merged into ${installAccess(access)}\n`);
      else process.stdout.write(mergeAccess('', access));
    });
