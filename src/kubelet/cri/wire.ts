// The answers of the CRI as cri.proto decodes them: defaults filled in, absent messages null, times in nanoseconds.

export interface WireSandbox {
  id: string;
  metadata: { name: string; uid: string; namespace: string; attempt: number } | null;
  state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  created_at: number;
  labels: Record<string, string>;
}

export interface WireSandboxStatus extends WireSandbox {
  network: { ip: string; additional_ips: { ip: string }[] } | null;
  linux: { namespaces: { options: { network: string } | null } | null } | null;
}

export interface WireMount {
  container_path: string;
  host_path: string;
  readonly: boolean;
}

export interface WireContainer {
  id: string;
  pod_sandbox_id?: string;
  metadata: { name: string; attempt: number } | null;
  image: { image: string } | null;
  image_ref: string;
  state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  created_at: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface WireContainerStatus extends WireContainer {
  started_at: number;
  finished_at: number;
  exit_code: number;
  reason: string;
  message: string;
  mounts: WireMount[];
  log_path: string;
}

export interface WireImage {
  id: string;
  repo_tags: string[];
  repo_digests: string[];
  size: number;
  uid: { value: number } | null;
  username: string;
  pinned: boolean;
}

export interface WireStats {
  attributes: { id: string; metadata: { name: string } | null; labels: Record<string, string> } | null;
  cpu: { timestamp: number; usage_core_nano_seconds: { value: number } | null } | null;
  memory: { timestamp: number; working_set_bytes: { value: number } | null } | null;
  writable_layer: { used_bytes: { value: number } | null } | null;
}
