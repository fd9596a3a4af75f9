import type { V1Container, V1Pod, V1VolumeMount } from '../../api/generated/types.ts';
import { ContainerConfigError } from '../container/environment.ts';
import { expand } from '../container/expand.ts';
import type { Mount } from '../runtime.ts';
import type { PodFiles } from './files.ts';

const propagations: Record<string, NonNullable<Mount['propagation']>> = {
  HostToContainer: 'host-to-container',
  Bidirectional: 'bidirectional',
};

/** Volumes whose files the kubelet owns are never written by containers. */
const alwaysReadOnly = (pod: V1Pod, name: string): boolean => {
  const volume = pod.spec?.volumes?.find(each => each.name === name);
  return Boolean(volume?.configMap || volume?.secret || volume?.downwardAPI || volume?.projected);
};

async function hostPathOf(
  mount: V1VolumeMount,
  volume: string,
  variables: Map<string, string>,
  files: PodFiles,
): Promise<string> {
  let { subPath = '' } = mount;
  if (mount.subPathExpr) {
    subPath = expand(mount.subPathExpr, name => {
      const value = variables.get(name);
      if (value === undefined) throw new ContainerConfigError(`missing value for "${name}"`);
      return value;
    });
  }
  if (!subPath) return volume;
  if (subPath.startsWith('/'))
    throw new ContainerConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  try {
    return await files.subPath(volume, subPath);
  } catch (error) {
    throw new ContainerConfigError(`failed to prepare subPath for volumeMount "${mount.name}" of container`, {
      cause: error,
    });
  }
}

/** The mounts a container's spec asks for; `volumes` are paths by volume name, `variables` its environment. Throws ContainerConfigError. */
export async function containerMounts(
  pod: V1Pod,
  container: V1Container,
  volumes: Map<string, string>,
  variables: Map<string, string>,
  files: PodFiles,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (volume === undefined)
      throw new ContainerConfigError(
        `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
      );
    const propagation = propagations[mount.mountPropagation ?? ''];
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: await hostPathOf(mount, volume, variables, files),
      readOnly: (mount.readOnly ?? false) || alwaysReadOnly(pod, mount.name),
      ...(propagation ? { propagation } : {}),
    });
  }
  return mounts;
}
