// `tsukube up`: from nothing, or from whatever is left, to a running cluster.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { nodeCgroup, removeCgroup } from './cgroups.ts';
import { down } from './down.ts';
import { UserError } from './errors.ts';
import { endHolder, readProcess } from './holder.ts';
import { endHolderOf, holderFiles, startHolders } from './holders.ts';
import { builtinArchive } from './images/builtin.ts';
import { installAccess } from './kubeconfig.ts';
import { type Layout, layoutOf, type ProcessLayout, stateOf } from './layout.ts';
import { lockCluster } from './lock.ts';
import { type ClusterPaths, cacheRoot, clusterPaths } from './paths.ts';
import { ensurePki, userAccess } from './pki.ts';
import { type HostSocket, openHostNetwork, openHostSocket } from './ports.ts';
import { preflight } from './preflight.ts';
import { firstSocket, type ProcessConfig } from './process-config.ts';
import { spawnProcess } from './spawn.ts';
import {
  type ClusterDescription,
  checkClusterName,
  checkNodeCount,
  nodeNames,
  type Published,
  readDescription,
  stateFormat,
  writeDescription,
} from './state.ts';

export interface UpOptions {
  name: string;
  /** What the user asked for; undefined where nothing was said. */
  nodes?: number;
  proxyMode?: string;
  apiPort?: number;
  publish?: Published[];
  progress(text: string): void;
  signal: AbortSignal;
}

export interface UpResult {
  description: ClusterDescription;
  /** False when it was running already, and nothing was done. */
  started: boolean;
  kubeconfig: string;
}

const defaultApiPort = 6443;
const startTimeoutMs = 60_000;

/** What an existing cluster is, or what a new one shall be; refuses flags that contradict what is there. */
function describe(options: UpOptions, existing: ClusterDescription | undefined): ClusterDescription {
  if (existing) {
    if (options.nodes !== undefined && options.nodes !== existing.nodes.length) {
      throw new UserError(
        `the cluster "${options.name}" has ${existing.nodes.length} node(s): to make it anew with ${options.nodes}, first run: tsukube down --name ${options.name}`,
      );
    }
    if (options.proxyMode !== undefined) existing.proxyMode = options.proxyMode;
    return {
      ...existing,
      apiPort: options.apiPort ?? existing.apiPort,
      publish: options.publish ?? existing.publish,
    };
  }
  return {
    format: stateFormat,
    name: options.name,
    nodes: nodeNames(options.name, checkNodeCount(options.nodes ?? 1)),
    proxyMode: options.proxyMode ?? 'nftables',
    apiPort: options.apiPort ?? 0,
    publish: options.publish ?? [],
    stopped: [],
  };
}

/** The API's socket: the port that was asked for or is remembered, else the usual one, else any. */
async function openApiSocket(port: number): Promise<HostSocket> {
  if (port) return openHostSocket(port, 'the API server', '--api-port');
  try {
    return await openHostSocket(defaultApiPort, 'the API server', '--api-port');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return openHostSocket(0, 'the API server', '--api-port');
  }
}

/** The API's socket, then those of published ports; none stays open when one cannot be had. */
async function openSockets(description: ClusterDescription): Promise<HostSocket[]> {
  const sockets: HostSocket[] = [];
  try {
    sockets.push(await openApiSocket(description.apiPort));
    for (const { hostPort, nodePort } of description.publish) {
      sockets.push(await openHostSocket(hostPort, `node port ${nodePort}`, '--publish'));
    }
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** Brings a cluster up; undoes what it did when it fails or is aborted. */
export async function up(options: UpOptions): Promise<UpResult> {
  const paths = clusterPaths(checkClusterName(options.name));
  await using _lock = await lockCluster(options.name);
  const existing = readDescription(paths);
  const description = describe(options, existing);
  const layout = layoutOf(paths, description);
  if (existing && stateOf(layout) === 'running') {
    const kubeconfig = installAccess(await userAccess(paths, description));
    return { description, started: false, kubeconfig };
  }
  preflight(description);
  const lived = new Set(holderFiles(layout).filter(file => readProcess(file)));
  const sockets: HostSocket[] = [];
  try {
    // A server that lives on (a node is started beside it, or an agent was killed) keeps its sockets.
    if (!layout.processes.some(each => each.roles.includes('server') && readProcess(each.processFile))) {
      sockets.push(...(await openSockets(description)));
      description.apiPort = sockets[0]!.port;
    }
    await bringUp(paths, description, layout, sockets, options);
    return { description, started: true, kubeconfig: installAccess(await userAccess(paths, description)) };
  } catch (error) {
    await undo(paths, layout, lived, existing !== undefined, options);
    throw error;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** What lived before goes on living: only what this call has started is ended, and a cluster that is new or was stopped goes as a whole. */
async function undo(
  paths: ClusterPaths,
  layout: Layout,
  lived: ReadonlySet<string>,
  existed: boolean,
  options: UpOptions,
): Promise<void> {
  if (lived.size === 0) {
    if (existsSync(paths.root)) await down({ name: options.name, keepData: existed, locked: true });
    return;
  }
  for (const file of holderFiles(layout)) if (!lived.has(file)) await endHolderOf(file);
}

async function bringUp(
  paths: ClusterPaths,
  description: ClusterDescription,
  layout: Layout,
  sockets: HostSocket[],
  options: UpOptions,
): Promise<void> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(startTimeoutMs)]);
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  writeDescription(paths, description);
  options.progress('namespaces and images');
  const [holders, archive] = await Promise.all([startHolders(layout), builtinArchive(cacheRoot())]);
  signal.throwIfAborted();
  const config = (process: ProcessLayout): ProcessConfig => ({
    cluster: description.name,
    roles: process.roles,
    root: paths.root,
    apiAddress: layout.apiAddress,
    apiPort: description.apiPort,
    proxyMode: description.proxyMode,
    node: process.node && {
      name: process.node.name,
      index: process.node.index,
      address: process.node.address,
      podCidr: process.node.podCidr,
      cgroup: nodeCgroup(paths.root, process.node.name),
      archive,
    },
    nodes: layout.nodes.map(({ name, address }) => ({ name, address })),
    sockets: {
      hostNetwork: firstSocket,
      api: process.roles.includes('server') ? firstSocket + 1 : undefined,
      publish: process.roles.includes('server')
        ? description.publish.map((each, index) => ({ ...each, fd: firstSocket + 2 + index }))
        : [],
    },
    hostResolvConf: existsSync('/etc/resolv.conf') ? readFileSync('/etc/resolv.conf', 'utf8') : '',
  });
  // Made only now, while the processes load their code: the library for it keeps this one busy for a while.
  const certificates = ensurePki(paths, layout);
  await Promise.all([
    certificates,
    ...layout.processes
      .filter(process => !process.node?.stopped || process.roles.includes('server'))
      .filter(process => !readProcess(process.processFile))
      .map(process =>
        spawnProcess({
          holder: holders.get(process.holderFile)!,
          name: process.name,
          config: config(process),
          sockets: [openHostNetwork(), ...(process.roles.includes('server') ? sockets : [])],
          processFile: process.processFile,
          log: process.log,
          onProgress: options.progress,
          signal,
          certificates,
        }),
      ),
  ]);
}

/** Stops one node as a power cut would: everything in its namespaces ends; its data stays. */
export async function stopNode(name: string, nodeName: string): Promise<void> {
  const { paths, description, node } = await changeableNode(name, nodeName);
  await using _lock = await lockCluster(name);
  const holder = readProcess(node.holderFile);
  if (holder) await endHolder(holder);
  await removeCgroup(nodeCgroup(paths.root, nodeName));
  rmSync(paths.node(nodeName).run, { recursive: true, force: true });
  writeDescription(paths, { ...description, stopped: [...new Set([...description.stopped, nodeName])] });
}

/** Starts a stopped node with its data. */
export async function startNode(
  name: string,
  nodeName: string,
  options: Omit<UpOptions, 'name'>,
): Promise<void> {
  const { paths, description } = await changeableNode(name, nodeName);
  writeDescription(paths, { ...description, stopped: description.stopped.filter(each => each !== nodeName) });
  await up({ ...options, name });
}

async function changeableNode(name: string, nodeName: string) {
  const paths = clusterPaths(checkClusterName(name));
  const description = readDescription(paths);
  if (!description) throw new UserError(`there is no cluster "${name}"`);
  const layout = layoutOf(paths, description);
  const node = layout.nodes.find(each => each.name === nodeName);
  if (!node)
    throw new UserError(
      `there is no node "${nodeName}" in "${name}"; its nodes are: ${description.nodes.join(', ')}`,
    );
  if (layout.nodes.length === 1) {
    throw new UserError(
      `"${nodeName}" is the only node of "${name}": stop the cluster with: tsukube down --keep-data --name ${name}`,
    );
  }
  return { paths, description, node };
}
