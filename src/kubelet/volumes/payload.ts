// What the files of projected volumes hold, from the objects they project.
import type {
  V1ConfigMap,
  V1DownwardAPIVolumeFile,
  V1KeyToPath,
  V1Pod,
  V1Secret,
  V1VolumeProjection,
} from '../../api/generated/types.ts';
import type { References } from '../container/environment.ts';
import { fieldValue, type PodFacts, resourceValue } from '../container/field-ref.ts';
import { findContainer } from '../spec.ts';
import { type FileContent, VolumeError } from './files.ts';

export type Payload = Map<string, FileContent>;

export const defaultMode = 0o644;

const encoder = new TextEncoder();
const decodeBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), char => char.charCodeAt(0));

/** All keys, or those named in `items`; throws VolumeError for a named key that is not there. */
function pick(
  about: string,
  data: Map<string, Uint8Array>,
  items: V1KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
): Payload {
  const payload: Payload = new Map();
  if (!items || items.length === 0) {
    for (const [key, value] of data) payload.set(key, { data: value, mode });
    return payload;
  }
  for (const item of items) {
    const value = data.get(item.key);
    if (value) payload.set(item.path, { data: value, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(`${about} references non-existent config key: ${item.key}`);
  }
  return payload;
}

const configMapData = (object: V1ConfigMap | undefined): Map<string, Uint8Array> =>
  new Map([
    ...Object.entries(object?.data ?? {}).map(([key, value]) => [key, encoder.encode(value)] as const),
    ...Object.entries(object?.binaryData ?? {}).map(([key, value]) => [key, decodeBase64(value)] as const),
  ]);

const secretData = (object: V1Secret | undefined): Map<string, Uint8Array> =>
  new Map(Object.entries(object?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)] as const));

interface Source {
  name: string;
  items?: V1KeyToPath[] | undefined;
  optional?: boolean | undefined;
}

export function configMapPayload(references: References, source: Source, mode: number): Payload {
  const object = references.configMap(source.name);
  if (!object && !source.optional) throw new VolumeError(`configmap "${source.name}" not found`);
  return pick('configmap', configMapData(object), source.items, mode, source.optional ?? false);
}

export function secretPayload(references: References, source: Source, mode: number): Payload {
  const object = references.secret(source.name);
  if (!object && !source.optional) throw new VolumeError(`secret "${source.name}" not found`);
  return pick('secret', secretData(object), source.items, mode, source.optional ?? false);
}

export function downwardPayload(
  pod: V1Pod,
  items: V1DownwardAPIVolumeFile[],
  facts: PodFacts,
  mode: number,
): Payload {
  const payload: Payload = new Map();
  for (const item of items) {
    let value = '';
    if (item.fieldRef) value = fieldValue(pod, item.fieldRef.fieldPath, facts);
    else if (item.resourceFieldRef) {
      const container = findContainer(pod, item.resourceFieldRef.containerName ?? '');
      if (!container)
        throw new VolumeError(`container ${item.resourceFieldRef.containerName ?? ''} not found`);
      value = resourceValue(container, item.resourceFieldRef, facts);
    }
    payload.set(item.path, { data: encoder.encode(value), mode: item.mode ?? mode });
  }
  return payload;
}

export interface ProjectionInput {
  pod: V1Pod;
  references: References;
  facts: PodFacts;
  token(audience: string | undefined, expirationSeconds: number | undefined): Promise<string>;
  /** Of token files. */
  tokenMode: number;
}

/** All sources of a projected volume together; a later one wins. */
export async function projectedPayload(
  sources: V1VolumeProjection[],
  mode: number,
  { pod, references, facts, token, tokenMode }: ProjectionInput,
): Promise<Payload> {
  const payload: Payload = new Map();
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources) {
    const parts: Payload[] = [];
    if (configMap)
      parts.push(configMapPayload(references, { ...configMap, name: configMap.name ?? '' }, mode));
    if (secret) parts.push(secretPayload(references, { ...secret, name: secret.name ?? '' }, mode));
    if (downwardAPI) parts.push(downwardPayload(pod, downwardAPI.items ?? [], facts, mode));
    if (serviceAccountToken) {
      const { audience, expirationSeconds, path } = serviceAccountToken;
      const text = await token(audience, expirationSeconds);
      parts.push(new Map([[path, { data: encoder.encode(text), mode: tokenMode }]]));
    }
    for (const part of parts) for (const [path, file] of part) payload.set(path, file);
  }
  return payload;
}
