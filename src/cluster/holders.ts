// The holders of a cluster as its layout wants them: started, linked to each other, found again.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { endHolder, forgetProcess, type Holder, readProcess, startHolder } from './holder.ts';
import type { Layout } from './layout.ts';
import { addressPlan, linkCluster, linkNode, linkSingleNode } from './network.ts';

/** Resolvers for names inside of a node: the cluster's DNS first, as in Pods. */
const nodeResolvConf = `search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${addressPlan.dns}\noptions ndots:5\n`;

/** Says that a holder's links are made: one without it is left over from a command that was killed. */
const linkedFile = (file: string): string => file.replace(/\.json$/, '.linked');

/** Files of all holders of a cluster, nodes first. */
export const holderFiles = (layout: Layout): string[] => [
  ...layout.nodes.map(node => node.holderFile),
  ...(layout.clusterHolderFile ? [layout.clusterHolderFile] : []),
];

/** Ends the holder that a file tells of, if it lives, and forgets it. */
export async function endHolderOf(file: string): Promise<void> {
  const holder = readProcess(file);
  if (holder) await endHolder(holder);
  forgetProcess(file);
  rmSync(linkedFile(file), { force: true });
}

async function hold(file: string, name: string, link: (holder: Holder) => Promise<void>): Promise<Holder> {
  const living = readProcess(file);
  if (living && existsSync(linkedFile(file))) return living;
  await endHolderOf(file);
  const holder = await startHolder(name, nodeResolvConf, file);
  await link(holder);
  writeFileSync(linkedFile(file), '');
  return holder;
}

/** All holders that should be there, by file: those that live are kept, with all that runs in them. */
export async function startHolders(layout: Layout): Promise<Map<string, Holder>> {
  const holders = new Map<string, Holder>();
  const nodes = layout.nodes.filter(node => !node.stopped || layout.nodes.length === 1);
  const clusterFile = layout.clusterHolderFile;
  if (!clusterFile) {
    const [node] = nodes;
    return holders.set(node!.holderFile, await hold(node!.holderFile, node!.name, linkSingleNode));
  }
  // Without its bridge a node is cut off: when the cluster's own holder has died, nodes are made anew too.
  if (!readProcess(clusterFile)) for (const node of layout.nodes) await endHolderOf(node.holderFile);
  const cluster = await hold(clusterFile, 'tsukube', linkCluster);
  holders.set(clusterFile, cluster);
  await Promise.all(
    nodes.map(async ({ holderFile, name, index }) => {
      holders.set(holderFile, await hold(holderFile, name, holder => linkNode(cluster, holder, index)));
    }),
  );
  return holders;
}
