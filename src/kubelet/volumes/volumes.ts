import { persistentvolumeclaims, persistentvolumes } from '../../api/generated/resources/core.v1.ts';
import type { V1PersistentVolume, V1Pod, V1Volume } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Stored } from '../../machinery/object.ts';
import { parseQuantity, quantityValue } from '../../machinery/quantity.ts';
import type { References } from '../container/environment.ts';
import type { PodFacts } from '../container/field-ref.ts';
import { allContainers } from '../spec.ts';
import { type PodFiles, podDirectory, podMemoryDirectory, VolumeError } from './files.ts';
import {
  configMapPayload,
  defaultMode,
  downwardPayload,
  type Payload,
  projectedPayload,
  secretPayload,
} from './payload.ts';
import type { PodTokens } from './tokens.ts';

export interface VolumeInput {
  pod: Stored<V1Pod>;
  references: References;
  facts: PodFacts;
}

/** A volume that could not be made. */
export class MountError extends Error {
  override readonly name = 'MountError';
  readonly volume: string;
  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${(cause as Error).message}`, { cause });
    this.volume = volume;
  }
}

export interface Volumes {
  /** Makes or refreshes all volumes of a Pod; the paths by volume name. Throws MountError. */
  prepare(input: VolumeInput): Promise<Map<string, string>>;
}

export interface VolumesOptions {
  rootDirectory: string;
  files: PodFiles;
  tokens: PodTokens;
  client: Client;
}

/** The user of all containers, if it is one and the same: token files can then be theirs alone. */
function commonUser(pod: V1Pod): number | undefined {
  const shared = pod.spec?.securityContext?.runAsUser;
  const users = new Set(allContainers(pod).map(container => container.securityContext?.runAsUser ?? shared));
  return users.size === 1 ? [...users][0] : undefined;
}

export function createVolumes({ rootDirectory, files, tokens, client }: VolumesOptions): Volumes {
  const disk = (pod: Stored<V1Pod>, plugin: string, name: string): string =>
    `${podDirectory(rootDirectory, pod.metadata.uid)}/volumes/kubernetes.io~${plugin}/${name}`;
  const memory = (pod: Stored<V1Pod>, plugin: string, name: string): string =>
    `${podMemoryDirectory(rootDirectory, pod.metadata.uid)}/kubernetes.io~${plugin}/${name}`;

  const project = async (
    pod: Stored<V1Pod>,
    directory: string,
    payload: Payload,
    user?: number,
  ): Promise<string> => {
    await files.project(directory, payload, { fsGroup: pod.spec?.securityContext?.fsGroup, user });
    return directory;
  };

  const claimed = async (pod: Stored<V1Pod>, claimName: string): Promise<string> => {
    const claim = await client.get(persistentvolumeclaims, claimName, pod.metadata.namespace);
    if (claim.status?.phase !== 'Bound' || !claim.spec?.volumeName)
      throw new VolumeError(`PersistentVolumeClaim "${claimName}" is not bound`);
    const volume: V1PersistentVolume = await client.get(persistentvolumes, claim.spec.volumeName);
    const path = volume.spec?.hostPath?.path ?? volume.spec?.local?.path;
    if (!path)
      throw new VolumeError(`no volume plugin matched for PersistentVolume "${claim.spec.volumeName}"`);
    await files.hostPath(path, volume.spec?.hostPath?.type ?? '');
    return path;
  };

  const make = async (volume: V1Volume, { pod, references, facts }: VolumeInput): Promise<string> => {
    const { name, configMap, secret, downwardAPI, projected, emptyDir, hostPath, persistentVolumeClaim } =
      volume;
    if (configMap) {
      const source = { ...configMap, name: configMap.name ?? '' };
      const payload = configMapPayload(references, source, configMap.defaultMode ?? defaultMode);
      return project(pod, disk(pod, 'configmap', name), payload);
    }
    if (secret) {
      const source = { ...secret, name: secret.secretName ?? '' };
      const payload = secretPayload(references, source, secret.defaultMode ?? defaultMode);
      return project(pod, memory(pod, 'secret', name), payload);
    }
    if (downwardAPI) {
      const payload = downwardPayload(
        pod,
        downwardAPI.items ?? [],
        facts,
        downwardAPI.defaultMode ?? defaultMode,
      );
      return project(pod, memory(pod, 'downward-api', name), payload);
    }
    if (projected) {
      const fsGroup = pod.spec?.securityContext?.fsGroup;
      const user = fsGroup === undefined ? commonUser(pod) : undefined;
      const payload = await projectedPayload(projected.sources ?? [], projected.defaultMode ?? defaultMode, {
        pod,
        references,
        facts,
        token: (audience, seconds) => tokens.get(pod, audience, seconds),
        tokenMode:
          fsGroup !== undefined || user !== undefined ? 0o600 : (projected.defaultMode ?? defaultMode),
      });
      return project(pod, memory(pod, 'projected', name), payload, user);
    }
    if (hostPath) {
      await files.hostPath(hostPath.path, hostPath.type ?? '');
      return hostPath.path;
    }
    if (persistentVolumeClaim) return claimed(pod, persistentVolumeClaim.claimName);
    if (emptyDir || Object.keys(volume).length === 1) {
      const directory = disk(pod, 'empty-dir', name);
      await files.emptyDirectory(directory, {
        memory: emptyDir?.medium === 'Memory',
        sizeBytes: emptyDir?.sizeLimit ? quantityValue(parseQuantity(emptyDir.sizeLimit)) : undefined,
        fsGroup: pod.spec?.securityContext?.fsGroup,
      });
      return directory;
    }
    throw new VolumeError('no volume plugin matched');
  };

  return {
    async prepare(input) {
      const entries = await Promise.all(
        (input.pod.spec?.volumes ?? []).map(async volume => {
          try {
            return [volume.name, await make(volume, input)] as const;
          } catch (error) {
            throw new MountError(volume.name, error);
          }
        }),
      );
      return new Map(entries);
    },
  };
}
