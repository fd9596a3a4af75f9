import type { V1Container, V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { containerConfig } from '../container/container-config.ts';
import { ContainerConfigError, environmentOf } from '../container/environment.ts';
import { hostNetworkHostsFile, hostsFile } from '../container/hosts.ts';
import { podHostname, podLogDirectory, sandboxConfig } from '../container/sandbox-config.ts';
import { serviceEnvironment } from '../container/service-env.ts';
import { ImageError } from '../images/image-puller.ts';
import { containerNotes } from '../labels.ts';
import type { Mount, SandboxConfig } from '../runtime.ts';
import { ephemeralContainers, isHostNetwork } from '../spec.ts';
import { podDirectory } from '../volumes/files.ts';
import { containerMounts } from '../volumes/mounts.ts';
import { type Core, podFacts } from './core.ts';
import { runHook } from './hooks.ts';
import { latestStatus, type PodState } from './plan.ts';

/** A container could not be started; `reason` is what its status waits with. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly reason: string;
  /** Absent: after the Pod's next change, or its own retry. */
  readonly retryAfterMs: number | undefined;
  constructor(reason: string, message: string, retryAfterMs?: number, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The Pod is to end: whatever was being waited for does not matter any more. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface StartInput {
  pod: Stored<V1Pod>;
  state: PodState;
  sandboxId: string;
  sandbox: SandboxConfig;
  podIPs: string[];
  /** Paths by volume name. */
  volumes: Map<string, string>;
  /** Waits for what may take long; throws Interrupted when the Pod is to end meanwhile. */
  unlessEnding<T>(work: Promise<T>): Promise<T>;
  /** The API's status of the Pod as last told: for restart counts of containers that the runtime has forgotten. */
  reported: V1Pod['status'];
}

const retryMs = 2000;

export async function makeSandboxConfig(
  core: Core,
  pod: Stored<V1Pod>,
  attempt: number,
): Promise<SandboxConfig> {
  const { options } = core;
  return sandboxConfig(pod, attempt, {
    cgroupParent: options.cgroupParent,
    logDirectory: options.logDirectory,
    dns: {
      clusterDns: options.clusterDns,
      clusterDomain: options.clusterDomain,
      host: await core.hostDns(),
    },
  });
}

function restartCountOf(input: StartInput, name: string): number {
  const latest = latestStatus(input.state, name);
  if (latest) return containerNotes(latest.annotations).restartCount + 1;
  const reported = [
    ...(input.reported?.containerStatuses ?? []),
    ...(input.reported?.initContainerStatuses ?? []),
  ].find(each => each.name === name);
  return reported?.containerID ? reported.restartCount + 1 : 0;
}

/** The container that an ephemeral one was made to look at. */
function targetOf({ pod, state }: StartInput, container: V1Container): string | undefined {
  const name = ephemeralContainers(pod).find(each => each === container)?.targetContainerName;
  return name ? latestStatus(state, name)?.id : undefined;
}

/** The mounts that no volume of the spec asks for: /etc/hosts and the termination message. */
async function ownMounts(
  core: Core,
  { pod, podIPs }: StartInput,
  container: V1Container,
  restartCount: number,
  taken: Mount[],
): Promise<Mount[]> {
  const { files, rootDirectory, clusterDomain } = core.options;
  const own: Mount[] = [];
  const directory = podDirectory(rootDirectory, pod.metadata.uid);
  const hasHosts = taken.some(({ containerPath }) => containerPath === '/etc/hosts');
  if (!hasHosts && (isHostNetwork(pod) || podIPs.length > 0)) {
    const aliases = pod.spec?.hostAliases ?? [];
    const { hostname, domain } = podHostname(pod, clusterDomain);
    const text = isHostNetwork(pod)
      ? hostNetworkHostsFile(await core.hostHosts(), aliases)
      : hostsFile(podIPs, hostname, domain, aliases);
    const path = `${directory}/etc-hosts`;
    await files.writeFile(path, text, 0o644);
    own.push({ containerPath: '/etc/hosts', hostPath: path, readOnly: false });
  }
  const messagePath = container.terminationMessagePath;
  if (messagePath) {
    const path = `${directory}/containers/${container.name}/${restartCount}`;
    // Whoever the container runs as must be able to write its last words.
    await files.writeFile(path, '', 0o666);
    own.push({ containerPath: messagePath, hostPath: path, readOnly: false });
  }
  return own;
}

/** Image, configuration, container, start, postStart hook. Throws StartError. */
export async function startContainer(core: Core, container: V1Container, input: StartInput): Promise<void> {
  const { pod, sandbox, sandboxId, podIPs, unlessEnding } = input;
  const { runtime, files, logDirectory } = core.options;
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    core.events.record(pod, type, reason, message, container.name);
  const fail = (reason: string, error: unknown): StartError => {
    event('Warning', 'Failed', `Error: ${(error as Error).message}`);
    return new StartError(reason, (error as Error).message, retryMs, error);
  };

  const references = core.references.of(pod);
  const secrets = (pod.spec?.imagePullSecrets ?? [])
    .map(({ name }) => (name ? references.secret(name) : undefined))
    .filter(secret => secret !== undefined);
  const present = await unlessEnding(core.puller.ensure({ pod, container, secrets, sandbox })).catch(
    error => {
      if (!(error instanceof ImageError)) throw error;
      event('Warning', 'Failed', `Error: ${error.reason}`);
      throw new StartError(error.reason, error.message, error.retryAfterMs ?? retryMs, error);
    },
  );

  const restartCount = restartCountOf(input, container.name);
  let containerId: string;
  let config: ReturnType<typeof containerConfig>;
  try {
    const links = pod.spec?.enableServiceLinks ?? true;
    const env = environmentOf({
      pod,
      container,
      facts: podFacts(core, pod, podIPs),
      references,
      services: serviceEnvironment(core.services.list(), pod.metadata.namespace ?? '', links),
    });
    const variables = new Map(env.map(({ name, value }) => [name, value]));
    const mounts = await containerMounts(pod, container, input.volumes, variables, files);
    mounts.push(...(await ownMounts(core, input, container, restartCount, mounts)));
    await files.makeDirectory(`${podLogDirectory(logDirectory, pod)}/${container.name}`);
    config = containerConfig(pod, container, {
      imageRef: present.ref,
      image: present.image,
      restartCount,
      env,
      mounts,
      memoryCapacity: core.facts.memoryBytes,
      targetId: targetOf(input, container),
    });
  } catch (error) {
    if (error instanceof ContainerConfigError) throw fail('CreateContainerConfigError', error);
    throw fail('CreateContainerError', error);
  }
  try {
    containerId = await runtime.createContainer(sandboxId, config, sandbox);
  } catch (error) {
    throw fail('CreateContainerError', error);
  }
  event('Normal', 'Created', 'Container created');
  try {
    await runtime.startContainer(containerId);
  } catch (error) {
    throw fail('RunContainerError', error);
  }
  event('Normal', 'Started', 'Container started');

  const postStart = container.lifecycle?.postStart;
  if (!postStart) return;
  try {
    await unlessEnding(runHook(core, postStart, container, containerId, podIPs[0] ?? ''));
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    event('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    core.events.record(pod, 'Normal', 'Killing', 'FailedPostStartHook', container.name);
    await runtime.stopContainer(containerId, pod.spec?.terminationGracePeriodSeconds ?? 30);
    throw new StartError('PostStartHookError', (error as Error).message, retryMs, error);
  }
}
