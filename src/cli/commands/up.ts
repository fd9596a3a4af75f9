import { Command } from 'commander';
import { contextName } from '../../cluster/access.ts';
import type { Published } from '../../cluster/state.ts';
import { up } from '../../cluster/up.ts';
import { readUpConfig } from '../config-file.ts';
import { nameOption, port, publish, wholeNumber } from '../options.ts';
import { createProgress, interruptSignal } from '../progress.ts';

interface Flags {
  name: string;
  nodes?: number;
  proxyMode?: string;
  apiPort?: number;
  publish?: Published[];
  config?: string;
}

const hints = (name: string): string => {
  const context = contextName(name);
  const flag = name === 'tsukube' ? '' : ` --name ${name}`;
  return `
kubectl's context is "${context}" now. Try:
  kubectl create deployment myapp --image=tsukube.local/myapp:v1 --replicas=3
  kubectl create service clusterip myapp --tcp=80:80
  npx tsukube shell${flag} -- curl -s myapp
  npx tsukube down${flag}
`;
};

export const upCommand = (): Command =>
  new Command('up')
    .description('start a cluster, made anew or with its state')
    .addOption(nameOption())
    .option('--nodes <count>', 'number of nodes (default: 1)', wholeNumber)
    .option('--proxy-mode <mode>', 'how virtual IPs are made (default: nftables)')
    .option('--api-port <port>', "the API server's port on 127.0.0.1 (default: 6443, or a free one)", port)
    .option(
      '--publish <hostport:nodeport>',
      'answer on 127.0.0.1:HOSTPORT for a node port; may be repeated',
      publish,
    )
    .option('--config <file>', 'a YAML file with the same options')
    .action(async (flags: Flags, command: Command) => {
      const given = { ...(flags.config ? readUpConfig(flags.config) : {}), ...flags };
      if (command.getOptionValueSource('name') === 'default' && flags.config) {
        given.name = readUpConfig(flags.config).name ?? flags.name;
      }
      const progress = createProgress();
      const began = performance.now();
      try {
        const { started, description, kubeconfig } = await up({
          ...given,
          progress: progress.step,
          signal: interruptSignal(),
        });
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        if (!started) {
          progress.succeed(
            `The cluster "${description.name}" is running already (API on 127.0.0.1:${description.apiPort}).`,
          );
          return;
        }
        const nodes =
          description.nodes.length === 1 ? 'its node is' : `its ${description.nodes.length} nodes are`;
        progress.succeed(
          `The cluster "${description.name}" is up after ${seconds} s: ${nodes} Ready. (${kubeconfig})`,
        );
        process.stdout.write(hints(description.name));
      } catch (error) {
        progress.stop();
        throw error;
      }
    });
