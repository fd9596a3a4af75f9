// What the kernel must have, asked before anything is made; one line for what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from './errors.ts';
import { stateRoot } from './paths.ts';
import type { ClusterDescription } from './state.ts';

const minimumFreeBytes = 200 * 1024 * 1024;

/** The nearest folder above (or at) `path` that exists. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

export interface Facts {
  uid: number;
  /** Text of /proc/filesystems. */
  filesystems: string;
  /** Namespace types of this process, as in /proc/self/ns. */
  hasNamespace(type: string): boolean;
  hasBridgeFilter(): boolean;
  /** False where there is no such module. */
  loadModule(name: string): boolean;
  freeBytes(path: string): number;
  env: NodeJS.ProcessEnv;
}

const machine = (): Facts => ({
  uid: process.getuid?.() ?? 0,
  filesystems: readFileSync('/proc/filesystems', 'utf8'),
  hasNamespace: type => existsSync(`/proc/self/ns/${type}`),
  hasBridgeFilter: () => existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'),
  loadModule: name => spawnSync('modprobe', [name], { stdio: 'ignore' }).status === 0,
  freeBytes: path => {
    const { bavail, bsize } = statfsSync(existing(path));
    return bavail * bsize;
  },
  env: process.env,
});

const proxyModes = ['nftables'];

/** Throws a UserError for the first thing that would make `up` fail half way. */
export function preflight(
  description: Pick<ClusterDescription, 'proxyMode'>,
  facts: Facts = machine(),
): void {
  if (facts.uid !== 0)
    throw new UserError('a cluster with real containers needs root: run it as root or with sudo');
  if (!proxyModes.includes(description.proxyMode)) {
    throw new UserError(
      `"${description.proxyMode}" is no proxy mode of this version; there is: ${proxyModes.join(', ')}`,
    );
  }
  for (const type of ['net', 'mnt', 'pid', 'uts', 'ipc']) {
    if (!facts.hasNamespace(type))
      throw new UserError(`this kernel has no ${type} namespaces (CONFIG_NAMESPACES)`);
  }
  if (!/\boverlay$/m.test(facts.filesystems) && !facts.loadModule('overlay')) {
    throw new UserError('this kernel has no overlay file system (CONFIG_OVERLAY_FS), which containers need');
  }
  // Pods of one node share a bridge: without this, packets between them would pass the rules by.
  if (!facts.hasBridgeFilter() && !(facts.loadModule('br_netfilter') && facts.hasBridgeFilter())) {
    throw new UserError(
      'this kernel does not show bridged packets to its rules (CONFIG_BRIDGE_NETFILTER): load br_netfilter',
    );
  }
  const root = stateRoot(facts.env);
  const free = facts.freeBytes(root);
  if (free < minimumFreeBytes) {
    throw new UserError(
      `only ${Math.floor(free / 1024 / 1024)} MB are free where the state lies (${root}): free at least 200 MB, or set XDG_STATE_HOME`,
    );
  }
}
