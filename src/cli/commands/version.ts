import { Command } from 'commander';
import { kubernetesVersion, packageVersion } from '../../cluster/version.ts';

export const versionCommand = (): Command =>
  new Command('version').description('print the versions').action(() => {
    process.stdout.write(
      `tsukube ${packageVersion()}\nKubernetes API ${kubernetesVersion}\nNode.js ${process.version}\n`,
    );
  });
