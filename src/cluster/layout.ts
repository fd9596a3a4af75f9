// Which holders and processes a cluster consists of, derived from its description.
import { join } from 'node:path';
import { forgetProcess, type Holder, readProcess } from './holder.ts';
import { addressPlan, nodeAddress } from './network.ts';
import type { ClusterPaths } from './paths.ts';
import type { ClusterDescription } from './state.ts';

export interface NodeLayout {
  name: string;
  index: number;
  address: string;
  podCidr: string;
  holderFile: string;
  stopped: boolean;
}

/** One Node.js process of the cluster: `server`, an `agent` of one node, or both in one for a one-node cluster. */
export interface ProcessLayout {
  /** `server`, or the node's name for an agent: the word that `tsukube logs` takes. */
  name: string;
  roles: ('server' | 'agent')[];
  node: NodeLayout | undefined;
  holderFile: string;
  processFile: string;
  log: string;
}

export interface Layout {
  /** The holder of the bridge and the API server; none in a one-node cluster. */
  clusterHolderFile: string | undefined;
  nodes: NodeLayout[];
  processes: ProcessLayout[];
  /** Where the API server answers inside of the cluster. */
  apiAddress: string;
}

/** Node number `index` gets the network of its number out of `pods`: 10.244.<index>.0/24. */
const podCidr = (index: number): string => addressPlan.pods.replace(/\.0\.0\/16$/, `.${index}.0/24`);

export function layoutOf(paths: ClusterPaths, description: ClusterDescription): Layout {
  const nodes = description.nodes.map(
    (name, index): NodeLayout => ({
      name,
      index,
      address: nodeAddress(index),
      podCidr: podCidr(index),
      holderFile: join(paths.node(name).run, 'holder.json'),
      stopped: description.stopped.includes(name),
    }),
  );
  const single = nodes.length === 1;
  const clusterHolderFile = single ? undefined : join(paths.run, 'holder.json');
  const agents = nodes.map(
    (node): ProcessLayout => ({
      name: node.name,
      roles: ['agent'],
      node,
      holderFile: node.holderFile,
      processFile: join(paths.node(node.name).run, 'agent.json'),
      log: paths.node(node.name).log,
    }),
  );
  const server: ProcessLayout = {
    name: 'server',
    roles: single ? ['server', 'agent'] : ['server'],
    node: single ? nodes[0] : undefined,
    holderFile: clusterHolderFile ?? nodes[0]!.holderFile,
    processFile: join(paths.run, 'server.json'),
    log: join(paths.logs, 'server.log'),
  };
  return {
    clusterHolderFile,
    nodes,
    processes: single ? [server] : [server, ...agents],
    apiAddress: single ? nodes[0]!.address : addressPlan.clusterAddress,
  };
}

/** All holders that are alive, nodes first, the cluster's own last: the order in which to end them. */
export const liveHolders = (layout: Layout): Holder[] =>
  [...layout.nodes.map(node => node.holderFile), layout.clusterHolderFile]
    .map(file => (file ? readProcess(file) : undefined))
    .filter(holder => holder !== undefined);

/** `running`: all that should run does. `partial`: some of it. `stopped`: nothing. */
export function stateOf(layout: Layout): 'running' | 'partial' | 'stopped' {
  const wanted = layout.processes.filter(each => !each.node?.stopped || each.roles.includes('server'));
  const alive = wanted.filter(each => readProcess(each.processFile) && readProcess(each.holderFile)).length;
  if (alive === wanted.length && alive > 0) return 'running';
  return alive > 0 || liveHolders(layout).length > 0 ? 'partial' : 'stopped';
}

export function forgetAll(layout: Layout): void {
  for (const each of layout.processes) forgetProcess(each.processFile);
  for (const node of layout.nodes) forgetProcess(node.holderFile);
  if (layout.clusterHolderFile) forgetProcess(layout.clusterHolderFile);
}
