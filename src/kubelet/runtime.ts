// What the kubelet asks of containers: CRI's offer in our words. Implementations: cri/ (containerd, CRI-O) and simulated/.
import type { ExecTarget } from './streaming/target.ts';

export type SandboxState = 'ready' | 'not-ready';
export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';
export type NamespaceMode = 'pod' | 'container' | 'node' | 'target';

export interface DnsSettings {
  servers: string[];
  searches: string[];
  options: string[];
}

export interface PortMapping {
  protocol: 'TCP' | 'UDP' | 'SCTP';
  containerPort: number;
  hostPort: number;
  hostIp: string;
}

export interface NamespaceOptions {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  /** The container whose PID namespace is joined, for `target`. */
  targetId?: string;
}

export interface SecurityProfile {
  type: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  localhostRef?: string;
}

export interface LinuxResources {
  /** Microseconds. */
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuShares?: number;
  memoryLimitBytes?: number;
  oomScoreAdj?: number;
}

export interface SandboxConfig {
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  hostname: string;
  logDirectory: string;
  dns?: DnsSettings;
  portMappings: PortMapping[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  cgroupParent: string;
  namespaces: NamespaceOptions;
  privileged: boolean;
  runAsUser?: number;
  runAsGroup?: number;
  supplementalGroups: number[];
  seccomp?: SecurityProfile;
  sysctls: Record<string, string>;
}

export interface Mount {
  containerPath: string;
  hostPath: string;
  readOnly: boolean;
  propagation?: 'private' | 'host-to-container' | 'bidirectional';
}

export interface ContainerConfig {
  name: string;
  attempt: number;
  image: string;
  command: string[];
  args: string[];
  workingDir: string;
  env: { name: string; value: string }[];
  mounts: Mount[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Relative to the sandbox's log directory. */
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  resources: LinuxResources;
  namespaces: NamespaceOptions;
  privileged: boolean;
  capabilities?: { add: string[]; drop: string[] };
  runAsUser?: number;
  runAsGroup?: number;
  readOnlyRootFilesystem: boolean;
  supplementalGroups: number[];
  noNewPrivileges: boolean;
  seccomp?: SecurityProfile;
}

/** Times are milliseconds since the epoch, 0 where something has not happened. */
export interface Sandbox {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  state: SandboxState;
  createdAt: number;
  labels: Record<string, string>;
}

export interface SandboxStatus extends Sandbox {
  ips: string[];
  network: NamespaceMode;
}

export interface Container {
  id: string;
  sandboxId: string;
  name: string;
  attempt: number;
  image: string;
  imageRef: string;
  state: ContainerState;
  createdAt: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface ContainerStatus extends Omit<Container, 'sandboxId'> {
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  logPath: string;
  mounts: Mount[];
}

export interface Image {
  id: string;
  tags: string[];
  digests: string[];
  sizeBytes: number;
  uid?: number;
  username: string;
  pinned: boolean;
}

export interface RegistryAuth {
  username?: string;
  password?: string;
  auth?: string;
  identityToken?: string;
  registryToken?: string;
  serverAddress?: string;
}

export interface ExecOutcome {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}

export interface StreamRequest {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export interface ContainerStats {
  id: string;
  name: string;
  labels: Record<string, string>;
  /** Milliseconds since the epoch. */
  at: number;
  cpuNanoseconds: number;
  workingSetBytes: number;
  writableLayerBytes: number;
}

export interface RuntimeCondition {
  ok: boolean;
  reason: string;
  message: string;
}

/** Something happened to a container or sandbox; the state is to be read again. `lost` tells that events may have been missed. */
export type RuntimeEvent =
  | { type: 'exit' | 'oom'; id: string }
  | { type: 'change'; podUid: string }
  | { type: 'lost' };

/** An operation the runtime refused. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly kind: 'not-found' | 'timeout' | 'unavailable' | 'other';
  constructor(kind: RuntimeError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export const isGone = (error: unknown): boolean =>
  error instanceof RuntimeError && error.kind === 'not-found';

/** Every refusal is a RuntimeError. Stopping and removing what is gone is no error. */
export interface Runtime extends AsyncDisposable {
  /** `name` is the prefix of container ids in the API: `containerd`. */
  version(): Promise<{ name: string; version: string }>;
  status(): Promise<{ runtime: RuntimeCondition; network: RuntimeCondition }>;
  /** Tells the runtime the Pod range of this node, where it configures the network itself. */
  setPodCidr(cidr: string): Promise<void>;

  runSandbox(config: SandboxConfig): Promise<string>;
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  /** All sandboxes of the kubelet, or those of one Pod. */
  sandboxes(podUid?: string): Promise<Sandbox[]>;
  sandboxStatus(id: string): Promise<SandboxStatus>;

  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Sends the stop signal, and kills after `graceSeconds`; returns when the container has ended. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  containers(podUid?: string): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  /** Makes the runtime write to a new file after a rotation. */
  reopenLog(id: string): Promise<void>;
  containerStats(): Promise<ContainerStats[]>;

  /** Kills the command after the timeout and throws a RuntimeError of kind `timeout`. */
  execSync(id: string, command: string[], timeoutSeconds: number): Promise<ExecOutcome>;
  exec(id: string, command: string[], request: StreamRequest): Promise<ExecTarget>;
  attach(id: string, request: StreamRequest): Promise<ExecTarget>;
  portForward(sandboxId: string, ports: number[]): Promise<ExecTarget>;

  images(): Promise<Image[]>;
  imageStatus(name: string): Promise<Image | undefined>;
  /** Returns the reference to create containers with. */
  pullImage(
    name: string,
    auth: RegistryAuth | undefined,
    sandbox: SandboxConfig | undefined,
  ): Promise<string>;
  removeImage(name: string): Promise<void>;
  imageFilesystem(): Promise<{ mountpoint: string; usedBytes: number }>;

  /** Calls `handler` for what happens from now on; returns what ends it. */
  subscribe(handler: (event: RuntimeEvent) => void): () => void;
}
