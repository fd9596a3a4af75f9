import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const base = (env: Environment, variable: string, ...fallback: string[]): string => {
  const value = env[variable];
  // The XDG specification: relative paths are to be ignored.
  return join(value?.startsWith('/') ? value : join(env.HOME || homedir(), ...fallback), 'tsukube');
};

/** Where all clusters' state lies, a folder each. */
export const stateRoot = (env: Environment = process.env): string =>
  base(env, 'XDG_STATE_HOME', '.local', 'state');
/** What can be made again at any time: image archives. */
export const cacheRoot = (env: Environment = process.env): string => base(env, 'XDG_CACHE_HOME', '.cache');

/** The files of one cluster. */
export interface ClusterPaths {
  root: string;
  /** The cluster's own description, see state.ts. */
  description: string;
  store: string;
  pki: string;
  logs: string;
  /** What only a running cluster has: process ids, sockets; emptied by `down`. */
  run: string;
  node(name: string): NodePaths;
}

export interface NodePaths {
  root: string;
  containerd: string;
  kubelet: string;
  podLogs: string;
  log: string;
  run: string;
}

export function clusterPaths(name: string, env: Environment = process.env): ClusterPaths {
  const root = join(stateRoot(env), name);
  const logs = join(root, 'logs');
  const run = join(root, 'run');
  return {
    root,
    description: join(root, 'cluster.json'),
    store: join(root, 'store'),
    pki: join(root, 'pki'),
    logs,
    run,
    node: node => ({
      root: join(root, 'nodes', node),
      containerd: join(root, 'nodes', node, 'containerd'),
      kubelet: join(root, 'nodes', node, 'kubelet'),
      podLogs: join(root, 'nodes', node, 'pods'),
      log: join(logs, `${node}.log`),
      run: join(run, node),
    }),
  };
}
