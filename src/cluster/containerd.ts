// The containerd of one node: a process of the cluster's own, with root, state and socket of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface ContainerdOptions {
  /** Folder for root, configuration and CNI configuration. */
  folder: string;
  log: string;
  /** This node's Pods, `10.244.0.0/24`. */
  podCidr: string;
  pauseImage: string;
  /** Where the CNI plugins are. */
  cniBinaries: string;
  /** Proxy for pulls, `http://127.0.0.1:PORT`, where the node has no way out of its own. */
  pullProxy?: string;
}

/** Inside the node's own /run: sockets have short names there, and go with the node. */
export const containerdSocket = '/run/containerd/containerd.sock';

const quote = (text: string): string => JSON.stringify(text);

/** containerd's configuration (version 2 of its format, which 1.6 and 1.7 read and 2.x migrates). */
export function containerdConfig(options: ContainerdOptions): string {
  return `version = 2
root = ${quote(join(options.folder, 'root'))}
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
address = ${quote(containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = ${quote(options.pauseImage)}
stream_server_address = "127.0.0.1"
stream_server_port = "0"
restrict_oom_score_adj = true
disable_apparmor = true
tolerate_missing_hugetlb_controller = true
max_container_log_line_size = 16384

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = ${quote(options.cniBinaries)}
conf_dir = ${quote(join(options.folder, 'cni'))}

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = ${quote(join(options.folder, 'certs.d'))}
`;
}

/** The way out is asked as a mirror of every registry first: it serves those on the host's loopback, which no proxy setting reaches. */
const mirrorConfig = (proxy: string): string =>
  `[host.${quote(proxy)}]\n  capabilities = ["pull", "resolve"]\n`;

/** CNI: a bridge with hairpin, addresses of this node's range, no address translation. */
export function cniConfig(podCidr: string): string {
  return JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: 'tsukube',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          isDefaultGateway: true,
          hairpinMode: true,
          ipMasq: false,
          ipam: { type: 'host-local', dataDir: '/run/cni', ranges: [[{ subnet: podCidr }]] },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    undefined,
    2,
  );
}

/** Writes the configuration and starts containerd in the namespaces of this process, detached from it. */
export function spawnContainerd(options: ContainerdOptions): ChildProcess {
  mkdirSync(join(options.folder, 'cni'), { recursive: true });
  mkdirSync(join(options.folder, 'certs.d', '_default'), { recursive: true });
  mkdirSync('/run/containerd', { recursive: true });
  writeFileSync(join(options.folder, 'cni', '10-tsukube.conflist'), cniConfig(options.podCidr));
  if (options.pullProxy)
    writeFileSync(join(options.folder, 'certs.d', '_default', 'hosts.toml'), mirrorConfig(options.pullProxy));
  const config = join(options.folder, 'config.toml');
  writeFileSync(config, containerdConfig(options));
  const log = openSync(options.log, 'a');
  const proxy = options.pullProxy ? { HTTP_PROXY: options.pullProxy, HTTPS_PROXY: options.pullProxy } : {};
  const child = spawn('containerd', ['--config', config], {
    stdio: ['ignore', log, log],
    detached: true,
    env: { PATH: process.env.PATH, HOME: '/root', GOMEMLIMIT: '48MiB', ...proxy },
  });
  child.unref();
  return child;
}

/** Resolves when something accepts on the socket; rejects when `signal` is aborted. */
export async function whenListening(path: string, signal: AbortSignal): Promise<void> {
  while (!(await accepts(path))) {
    signal.throwIfAborted();
    await new Promise(next => setTimeout(next, 10));
  }
}

export const accepts = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
