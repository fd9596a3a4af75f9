import type { V1Container, V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { containerAnnotations, containerLabels } from '../labels.ts';
import type { ContainerConfig, Image, Mount } from '../runtime.ts';
import { ContainerConfigError } from './environment.ts';
import { expand } from './expand.ts';
import { linuxResources } from './resources.ts';
import { namespacesOf, seccompOf } from './sandbox-config.ts';

export interface ContainerInput {
  imageRef: string;
  image: Image | undefined;
  restartCount: number;
  env: { name: string; value: string }[];
  /** In the order of the spec, with those that the kubelet adds. */
  mounts: Mount[];
  memoryCapacity: number;
  /** The container whose processes this one sees. */
  targetId?: string | undefined;
}

/** Where a container's log of one run lies below the Pod's log directory. */
export const containerLogPath = (name: string, restartCount: number): string => `${name}/${restartCount}.log`;

function checkNonRoot(
  pod: V1Pod,
  container: V1Container,
  image: Image | undefined,
  user: number | undefined,
): void {
  const nonRoot = container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot;
  if (!nonRoot) return;
  const about = `(pod: "${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})", container: ${container.name})`;
  if (user === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${about}`);
  if (user !== undefined || !image) return;
  if (image.uid === 0 || (image.uid === undefined && image.username === ''))
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${about}`);
  if (image.uid === undefined)
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${about}`,
    );
}

/** Everything the runtime is told about a container (upstream: pkg/kubelet/kuberuntime, generateContainerConfig). */
export function containerConfig(
  pod: Stored<V1Pod>,
  container: V1Container,
  input: ContainerInput,
): ContainerConfig {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const user = own?.runAsUser ?? shared?.runAsUser;
  const group = own?.runAsGroup ?? shared?.runAsGroup;
  checkNonRoot(pod, container, input.image, user);
  const variables = new Map(input.env.map(({ name, value }) => [name, value]));
  const resolve = (text: string): string => expand(text, name => variables.get(name));
  const runAs = user ?? (input.image?.username ? undefined : (input.image?.uid ?? 0));
  const seccomp = own?.seccompProfile ?? shared?.seccompProfile;
  const privileged = own?.privileged ?? false;
  const groups = [...(shared?.supplementalGroups ?? [])];
  if (shared?.fsGroup !== undefined) groups.push(shared.fsGroup);
  // Privileged and all-powerful containers could gain privileges anyway; upstream sets no_new_privs for none of them.
  const noNewPrivileges = own?.allowPrivilegeEscalation === false && !privileged;
  return {
    name: container.name,
    attempt: input.restartCount,
    image: input.imageRef,
    command: (container.command ?? []).map(resolve),
    args: (container.args ?? []).map(resolve),
    workingDir: container.workingDir ?? '',
    env: input.env,
    mounts: input.mounts,
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, input.restartCount),
    logPath: containerLogPath(container.name, input.restartCount),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: linuxResources(pod, container, input.memoryCapacity),
    namespaces: input.targetId
      ? { ...namespacesOf(pod), pid: 'target', targetId: input.targetId }
      : namespacesOf(pod),
    privileged,
    ...(own?.capabilities
      ? { capabilities: { add: own.capabilities.add ?? [], drop: own.capabilities.drop ?? [] } }
      : {}),
    ...(user !== undefined ? { runAsUser: user } : {}),
    ...(group !== undefined && runAs !== undefined ? { runAsGroup: group, runAsUser: runAs } : {}),
    readOnlyRootFilesystem: own?.readOnlyRootFilesystem ?? false,
    supplementalGroups: groups,
    noNewPrivileges,
    seccomp: privileged && !seccomp ? { type: 'Unconfined' } : seccompOf(seccomp),
  };
}
