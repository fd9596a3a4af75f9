import type { Published } from './state.ts';

/** What a process of the cluster is started with, as JSON in a file. */
export interface ProcessConfig {
  cluster: string;
  roles: ('server' | 'agent')[];
  /** Folder of the cluster's state. */
  root: string;
  apiAddress: string;
  apiPort: number;
  proxyMode: string;
  node:
    | { name: string; index: number; address: string; podCidr: string; cgroup: string; archive: string }
    | undefined;
  /** The other nodes' names, for certificates and routes. */
  nodes: { name: string; address: string }[];
  /** File descriptors that the process inherits: listening sockets of the host's. */
  sockets: {
    /** Not a socket: the host's network namespace, for pulls. */
    hostNetwork: number;
    api: number | undefined;
    publish: (Published & { fd: number })[];
  };
  /** Text of the host's resolv.conf. */
  hostResolvConf: string;
}

/** From the command to the process. */
export interface Go {
  type: 'certificates are made';
}

/** From the process to the command that started it. */
export type Message =
  | { type: 'started' }
  | { type: 'progress'; text: string }
  | { type: 'ready' }
  | { type: 'failed'; message: string };

/** The first file descriptor after standard streams and the message channel. */
export const firstSocket = 4;
