import type { Clock } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { ContainerStats, Runtime, RuntimeCondition, RuntimeEvent } from '../runtime.ts';
import { isGone } from '../runtime.ts';
import { connect } from './connection.ts';
import {
  fromContainer,
  fromContainerStatus,
  fromImage,
  fromSandbox,
  fromSandboxStatus,
  fromStats,
  toContainerConfig,
  toSandboxConfig,
} from './convert.ts';
import { watchEvents } from './events.ts';
import type {
  WireContainer,
  WireContainerStatus,
  WireImage,
  WireSandbox,
  WireSandboxStatus,
  WireStats,
} from './wire.ts';

export interface CriRuntimeOptions {
  /** Path of the runtime's unix socket. */
  socket: string;
  clock: Clock;
  logger: Logger;
}

const podUidLabel = 'io.kubernetes.pod.uid';
const uidFilter = (podUid: string | undefined) =>
  podUid === undefined ? {} : { filter: { label_selector: { [podUidLabel]: podUid } } };

/** A Runtime over the Container Runtime Interface v1 (containerd 1.6 and later, CRI-O). */
export async function createCriRuntime({ socket, clock, logger }: CriRuntimeOptions): Promise<Runtime> {
  const connection = await connect(socket, clock);
  const runtime = <A>(method: string, request: object, timeoutMs?: number): Promise<A> =>
    connection.call('runtime.v1.RuntimeService', method, request, timeoutMs);
  const images = <A>(method: string, request: object, timeoutMs?: number): Promise<A> =>
    connection.call('runtime.v1.ImageService', method, request, timeoutMs);
  const quietIfGone = async (call: Promise<unknown>): Promise<void> => {
    await call.catch(error => {
      if (!isGone(error)) throw error;
    });
  };

  const handlers = new Set<(event: RuntimeEvent) => void>();
  let stopEvents: (() => void) | undefined;

  return {
    async version() {
      const answer = await runtime<{ runtime_name: string; runtime_version: string }>('Version', {
        version: 'v1',
      });
      return { name: answer.runtime_name, version: answer.runtime_version };
    },
    async status() {
      const answer = await runtime<{
        status: {
          conditions: { type: string; status: boolean; reason: string; message: string }[];
        } | null;
      }>('Status', {}, 10_000);
      const condition = (type: string): RuntimeCondition => {
        const found = answer.status?.conditions.find(candidate => candidate.type === type);
        return { ok: found?.status ?? false, reason: found?.reason ?? '', message: found?.message ?? '' };
      };
      return { runtime: condition('RuntimeReady'), network: condition('NetworkReady') };
    },
    async setPodCidr(cidr) {
      await runtime('UpdateRuntimeConfig', { runtime_config: { network_config: { pod_cidr: cidr } } });
    },

    async runSandbox(config) {
      const answer = await runtime<{ pod_sandbox_id: string }>(
        'RunPodSandbox',
        { config: toSandboxConfig(config), runtime_handler: '' },
        240_000,
      );
      return answer.pod_sandbox_id;
    },
    stopSandbox: id => quietIfGone(runtime('StopPodSandbox', { pod_sandbox_id: id })),
    removeSandbox: id => quietIfGone(runtime('RemovePodSandbox', { pod_sandbox_id: id })),
    async sandboxes(podUid) {
      const answer = await runtime<{ items: WireSandbox[] }>('ListPodSandbox', uidFilter(podUid));
      return answer.items.map(fromSandbox);
    },
    async sandboxStatus(id) {
      const answer = await runtime<{ status: WireSandboxStatus }>('PodSandboxStatus', { pod_sandbox_id: id });
      return fromSandboxStatus(answer.status);
    },

    async createContainer(sandboxId, config, sandbox) {
      const answer = await runtime<{ container_id: string }>('CreateContainer', {
        pod_sandbox_id: sandboxId,
        config: toContainerConfig(config),
        sandbox_config: toSandboxConfig(sandbox),
      });
      return answer.container_id;
    },
    async startContainer(id) {
      await runtime('StartContainer', { container_id: id });
    },
    stopContainer: (id, graceSeconds) =>
      quietIfGone(
        runtime(
          'StopContainer',
          { container_id: id, timeout: Math.max(0, Math.ceil(graceSeconds)) },
          (graceSeconds + 120) * 1000,
        ),
      ),
    removeContainer: id => quietIfGone(runtime('RemoveContainer', { container_id: id })),
    async containers(podUid) {
      const answer = await runtime<{ containers: WireContainer[] }>('ListContainers', uidFilter(podUid));
      return answer.containers.map(fromContainer);
    },
    async containerStatus(id) {
      const answer = await runtime<{ status: WireContainerStatus }>('ContainerStatus', { container_id: id });
      return fromContainerStatus(answer.status);
    },
    async reopenLog(id) {
      await runtime('ReopenContainerLog', { container_id: id });
    },
    async containerStats(): Promise<ContainerStats[]> {
      const answer = await runtime<{ stats: WireStats[] }>('ListContainerStats', {});
      return answer.stats.map(fromStats);
    },

    async execSync(id, command, timeoutSeconds) {
      const answer = await runtime<{ stdout: Uint8Array; stderr: Uint8Array; exit_code: number }>(
        'ExecSync',
        { container_id: id, cmd: command, timeout: timeoutSeconds },
        timeoutSeconds > 0 ? timeoutSeconds * 1000 + 10_000 : 0,
      );
      return { stdout: answer.stdout, stderr: answer.stderr, exitCode: answer.exit_code };
    },
    exec: (id, command, request) => runtime('Exec', { container_id: id, cmd: command, ...request }),
    attach: (id, request) => runtime('Attach', { container_id: id, ...request }),
    portForward: (sandboxId, ports) => runtime('PortForward', { pod_sandbox_id: sandboxId, port: ports }),

    async images() {
      const answer = await images<{ images: WireImage[] }>('ListImages', {});
      return answer.images.map(fromImage);
    },
    async imageStatus(name) {
      const answer = await images<{ image: WireImage | null }>('ImageStatus', { image: { image: name } });
      return answer.image ? fromImage(answer.image) : undefined;
    },
    async pullImage(name, auth, sandbox) {
      const answer = await images<{ image_ref: string }>(
        'PullImage',
        {
          image: { image: name },
          auth: auth
            ? {
                username: auth.username ?? '',
                password: auth.password ?? '',
                auth: auth.auth ?? '',
                server_address: auth.serverAddress ?? '',
                identity_token: auth.identityToken ?? '',
                registry_token: auth.registryToken ?? '',
              }
            : null,
          sandbox_config: sandbox ? toSandboxConfig(sandbox) : null,
        },
        0,
      );
      return answer.image_ref;
    },
    async removeImage(name) {
      await images('RemoveImage', { image: { image: name } });
    },
    async imageFilesystem() {
      const answer = await images<{
        image_filesystems: {
          fs_id: { mountpoint: string } | null;
          used_bytes: { value: number } | null;
        }[];
      }>('ImageFsInfo', {});
      const [first] = answer.image_filesystems;
      return { mountpoint: first?.fs_id?.mountpoint ?? '', usedBytes: first?.used_bytes?.value ?? 0 };
    },

    subscribe(handler) {
      handlers.add(handler);
      stopEvents ??= watchEvents(connection, clock, logger, event => {
        for (const each of handlers) each(event);
      });
      return () => {
        handlers.delete(handler);
        if (handlers.size > 0) return;
        stopEvents?.();
        stopEvents = undefined;
      };
    },
    async [Symbol.asyncDispose]() {
      stopEvents?.();
      stopEvents = undefined;
      connection.close();
    },
  };
}
