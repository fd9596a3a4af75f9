import type { V1Taint } from '../api/generated/types.ts';
import type { ProbeActions } from './probes/actions.ts';
import type { Runtime } from './runtime.ts';
import type { PodFiles } from './volumes/files.ts';

/** What does not change while a node runs. */
export interface MachineFacts {
  cpus: number;
  memoryBytes: number;
  /** Of the file system below the kubelet's root directory. */
  storageBytes: number;
  kernelVersion: string;
  osImage: string;
  /** Go's names: `linux`, `amd64`. */
  operatingSystem: string;
  architecture: string;
  machineId: string;
  systemUuid: string;
  bootId: string;
}

/** The machine as the kubelet sees it. The real one is machine.ts. */
export interface Machine {
  facts(): Promise<MachineFacts>;
  /** Of the whole node; `cpuNanoseconds` counts up. */
  usage(): Promise<{ cpuNanoseconds: number; workingSetBytes: number; availableBytes: number }>;
  /** Of the file system that holds `path`; zeros where that is unknown. */
  disk(path: string): Promise<{ totalBytes: number; availableBytes: number }>;
  /** Removes a cgroup that the runtime left behind, in every hierarchy; no error if it is not there. */
  removeCgroup(path: string): Promise<void>;
}

export interface KubeletServerOptions {
  /** PEM. */
  cert: string;
  key: string;
  /** PEM of the authority that signs those who may ask. */
  clientCa: string;
  /** Default 10250; 0 lets the machine choose. */
  port?: number;
  /** Default all addresses. */
  address?: string;
}

export interface KubeletOptions {
  nodeName: string;
  /** The first is the primary one. */
  nodeIPs: string[];
  hostname: string;
  runtime: Runtime;
  machine: Machine;
  files: PodFiles;
  /** HTTP, TCP and gRPC probes; exec probes go to the runtime. Default: over the machine's network. */
  probeActions?: ProbeActions;
  /** Absolute; Pods' volumes lie below it. */
  rootDirectory: string;
  /** Absolute; as /var/log/pods. */
  logDirectory: string;
  clusterDns: string[];
  clusterDomain: string;
  /** Set on the Node when it registers; absent: the API server's side allocates it. */
  podCidrs?: string[];
  /** Pods' cgroups are made below it. */
  cgroupParent: string;
  /** Absent: no server (tests, simulations). */
  server?: KubeletServerOptions;
  labels?: Record<string, string>;
  taints?: V1Taint[];
  /** Default 110. */
  maxPods?: number;
  /** `kubelet` as `v1.36.0`. */
  versions: { kubelet: string; kubeProxy?: string };
  /** Path of the resolv.conf that dnsPolicy Default and names outside of the cluster go to. */
  hostResolvConf: string;
}

export const defaultMaxPods = 110;
