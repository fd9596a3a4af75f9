import type { V1ObjectMeta, V1OwnerReference } from '../api/generated/types.ts';

/** Any API object as it is on the wire. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
}

/**
 * An object as the API server returns it: what the server fills in is there.
 * Objects from caches, watches and in-process clients are shared and must not be changed: `structuredClone` first.
 */
export type Stored<T> = T & {
  apiVersion: string;
  kind: string;
  metadata: V1ObjectMeta & { name: string; uid: string; resourceVersion: string; creationTimestamp: string };
};

/** `namespace/name`, or `name` for cluster-scoped objects: the key of work queues and caches. */
export const keyOf = (object: KubeObject): string => {
  const { namespace, name } = object.metadata ?? {};
  return namespace ? `${namespace}/${name ?? ''}` : (name ?? '');
};

/** The parts of a key made by `keyOf`; namespace is empty for cluster-scoped objects. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: '', name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner reference whose `controller` is true, if any. */
export const controllerOf = (object: KubeObject): V1OwnerReference | undefined =>
  object.metadata?.ownerReferences?.find(reference => reference.controller);
