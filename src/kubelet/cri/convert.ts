import type {
  Container,
  ContainerConfig,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  Image,
  NamespaceMode,
  NamespaceOptions,
  Sandbox,
  SandboxConfig,
  SandboxStatus,
  SecurityProfile,
} from '../runtime.ts';
import type {
  WireContainer,
  WireContainerStatus,
  WireImage,
  WireSandbox,
  WireSandboxStatus,
  WireStats,
} from './wire.ts';

const fromNanoseconds = (nanoseconds: number): number => (nanoseconds > 0 ? nanoseconds / 1e6 : 0);

const int64 = (value: number | undefined) => (value === undefined ? null : { value });
const mode = (value: NamespaceMode): string => value.toUpperCase();
const namespaces = (options: NamespaceOptions) => ({
  network: mode(options.network),
  pid: mode(options.pid),
  ipc: mode(options.ipc),
  target_id: options.targetId ?? '',
});
const seccomp = (profile: SecurityProfile | undefined) =>
  profile ? { profile_type: profile.type, localhost_ref: profile.localhostRef ?? '' } : null;

export const toSandboxConfig = (config: SandboxConfig) => ({
  metadata: {
    name: config.name,
    uid: config.uid,
    namespace: config.namespace,
    attempt: config.attempt,
  },
  hostname: config.hostname,
  log_directory: config.logDirectory,
  dns_config: config.dns ?? null,
  port_mappings: config.portMappings.map(port => ({
    protocol: port.protocol,
    container_port: port.containerPort,
    host_port: port.hostPort,
    host_ip: port.hostIp,
  })),
  labels: config.labels,
  annotations: config.annotations,
  linux: {
    cgroup_parent: config.cgroupParent,
    sysctls: config.sysctls,
    security_context: {
      namespace_options: namespaces(config.namespaces),
      privileged: config.privileged,
      run_as_user: int64(config.runAsUser),
      run_as_group: int64(config.runAsGroup),
      supplemental_groups: config.supplementalGroups,
      seccomp: seccomp(config.seccomp),
    },
  },
});

const propagations = {
  private: 'PROPAGATION_PRIVATE',
  'host-to-container': 'PROPAGATION_HOST_TO_CONTAINER',
  bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const;

// What upstream hides from containers that are not privileged (the runtime's own defaults are the same).
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export const toContainerConfig = (config: ContainerConfig) => ({
  metadata: { name: config.name, attempt: config.attempt },
  image: { image: config.image },
  command: config.command,
  args: config.args,
  working_dir: config.workingDir,
  envs: config.env.map(({ name, value }) => ({ key: name, value })),
  mounts: config.mounts.map(mount => ({
    container_path: mount.containerPath,
    host_path: mount.hostPath,
    readonly: mount.readOnly,
    propagation: propagations[mount.propagation ?? 'private'],
  })),
  labels: config.labels,
  annotations: config.annotations,
  log_path: config.logPath,
  stdin: config.stdin,
  stdin_once: config.stdinOnce,
  tty: config.tty,
  linux: {
    resources: {
      cpu_period: config.resources.cpuPeriod ?? 0,
      cpu_quota: config.resources.cpuQuota ?? 0,
      cpu_shares: config.resources.cpuShares ?? 0,
      memory_limit_in_bytes: config.resources.memoryLimitBytes ?? 0,
      oom_score_adj: config.resources.oomScoreAdj ?? 0,
    },
    security_context: {
      privileged: config.privileged,
      namespace_options: namespaces(config.namespaces),
      capabilities: config.capabilities
        ? { add_capabilities: config.capabilities.add, drop_capabilities: config.capabilities.drop }
        : null,
      run_as_user: int64(config.runAsUser),
      run_as_group: int64(config.runAsGroup),
      readonly_rootfs: config.readOnlyRootFilesystem,
      supplemental_groups: config.supplementalGroups,
      no_new_privs: config.noNewPrivileges,
      masked_paths: config.privileged ? [] : maskedPaths,
      readonly_paths: config.privileged ? [] : readonlyPaths,
      seccomp: seccomp(config.seccomp),
    },
  },
});

export const fromSandbox = (wire: WireSandbox): Sandbox => ({
  id: wire.id,
  name: wire.metadata?.name ?? '',
  namespace: wire.metadata?.namespace ?? '',
  uid: wire.metadata?.uid ?? '',
  attempt: wire.metadata?.attempt ?? 0,
  state: wire.state === 'SANDBOX_READY' ? 'ready' : 'not-ready',
  createdAt: fromNanoseconds(wire.created_at),
  labels: wire.labels,
});

export const fromSandboxStatus = (wire: WireSandboxStatus): SandboxStatus => ({
  ...fromSandbox(wire),
  ips: [wire.network?.ip ?? '', ...(wire.network?.additional_ips ?? []).map(({ ip }) => ip)].filter(Boolean),
  network: (wire.linux?.namespaces?.options?.network ?? 'POD').toLowerCase() as NamespaceMode,
});

const containerStates: Record<WireContainer['state'], ContainerState> = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
};

export const fromContainer = (wire: WireContainer): Container => ({
  id: wire.id,
  sandboxId: wire.pod_sandbox_id ?? '',
  name: wire.metadata?.name ?? '',
  attempt: wire.metadata?.attempt ?? 0,
  image: wire.image?.image ?? '',
  imageRef: wire.image_ref,
  state: containerStates[wire.state] ?? 'unknown',
  createdAt: fromNanoseconds(wire.created_at),
  labels: wire.labels,
  annotations: wire.annotations,
});

export function fromContainerStatus(wire: WireContainerStatus): ContainerStatus {
  const { sandboxId: _, ...container } = fromContainer(wire);
  return {
    ...container,
    startedAt: fromNanoseconds(wire.started_at),
    finishedAt: fromNanoseconds(wire.finished_at),
    exitCode: wire.exit_code,
    reason: wire.reason,
    message: wire.message,
    logPath: wire.log_path,
    mounts: wire.mounts.map(mount => ({
      containerPath: mount.container_path,
      hostPath: mount.host_path,
      readOnly: mount.readonly,
    })),
  };
}

export const fromImage = (wire: WireImage): Image => ({
  id: wire.id,
  tags: wire.repo_tags,
  digests: wire.repo_digests,
  sizeBytes: wire.size,
  ...(wire.uid ? { uid: wire.uid.value } : {}),
  username: wire.username,
  pinned: wire.pinned,
});

export const fromStats = (wire: WireStats): ContainerStats => ({
  id: wire.attributes?.id ?? '',
  name: wire.attributes?.metadata?.name ?? '',
  labels: wire.attributes?.labels ?? {},
  at: fromNanoseconds(wire.cpu?.timestamp ?? wire.memory?.timestamp ?? 0),
  cpuNanoseconds: wire.cpu?.usage_core_nano_seconds?.value ?? 0,
  workingSetBytes: wire.memory?.working_set_bytes?.value ?? 0,
  writableLayerBytes: wire.writable_layer?.used_bytes?.value ?? 0,
});
