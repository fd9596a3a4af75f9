// Who controls what: indexes, keys of owners, adoption and release (upstream: pkg/controller/controller_ref_manager.go).
import type { V1OwnerReference } from '../../api/generated/types.ts';
import { apiVersionOf, type Resource } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import type { Watch } from '../../client/controller.ts';
import type { Informer } from '../../client/informer.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import type { LabelSelector } from '../../machinery/labels.ts';
import { controllerOf, type KubeObject, keyOf, type Stored } from '../../machinery/object.ts';
import { isInvalid, isNotFound } from '../../machinery/status-error.ts';

const ownerIndex = 'controller';
const orphansOf = (namespace: string | undefined): string => `orphan/${namespace ?? ''}`;

/** Lets `dependentsOf` and `orphansIn` answer without a scan. */
export function indexByController<T>(informer: Informer<T>): void {
  informer.addIndex(ownerIndex, object => [
    controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace),
  ]);
}

/** Objects whose controller has this uid; `indexByController` must have been called. */
export const dependentsOf = <T>(informer: Informer<T>, uid: string): Stored<T>[] =>
  informer.byIndex(ownerIndex, uid);

export const orphansIn = <T>(informer: Informer<T>, namespace: string | undefined): Stored<T>[] =>
  informer.byIndex(ownerIndex, orphansOf(namespace));

/** The reference that makes `owner` the controller of a new object. */
export const controllerReference = (resource: Resource, owner: Stored<KubeObject>): V1OwnerReference => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

/**
 * Keys of the owners of `resource` that an event of a dependent concerns: its controller (old and new), or,
 * for an orphan that appears or changes its labels, every owner in its namespace whose selector matches.
 */
export function ownerKeys<O>(
  owners: Informer<O>,
  selectorOf: (owner: Stored<O>) => LabelSelector,
): NonNullable<Watch['keys']> {
  const { kind } = owners.resource;
  const apiVersion = apiVersionOf(owners.resource);
  const keyOfController = (object: Stored<KubeObject>): string[] => {
    const controller = controllerOf(object);
    if (!controller || controller.kind !== kind || controller.apiVersion !== apiVersion) return [];
    const { namespace } = object.metadata;
    return [namespace ? `${namespace}/${controller.name}` : controller.name];
  };
  return (object, previous) => {
    const keys = keyOfController(object);
    if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid)
      keys.push(...keyOfController(previous));
    if (!controllerOf(object) && !object.metadata.deletionTimestamp) {
      const labels = object.metadata.labels;
      if (previous && !controllerOf(previous) && semanticEqual(previous.metadata.labels, labels)) return keys;
      for (const owner of owners.list(object.metadata.namespace))
        if (selectorOf(owner).matches(labels)) keys.push(keyOf(owner));
    }
    return keys;
  };
}

export interface Claim<O, T> {
  client: Client;
  ownerResource: Resource<O>;
  owner: Stored<O>;
  resource: Resource<T>;
  selector: LabelSelector;
  /** The owner's dependents and the orphans of its namespace. */
  candidates: readonly Stored<T>[];
}

/**
 * The candidates that are the owner's: its own that match, and orphans that match, which it adopts after a live look that it is
 * still there and not being deleted. Own ones that do not match are released. Throws the first refusal after trying all.
 */
export async function claim<O extends KubeObject, T extends KubeObject>(
  options: Claim<O, T>,
): Promise<Stored<T>[]> {
  const { client, owner, ownerResource, resource, selector } = options;
  const claimed: Stored<T>[] = [];
  const errors: unknown[] = [];
  let live: Promise<void> | undefined;
  for (const object of options.candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const matches = selector.matches(object.metadata.labels);
    if (controller && matches) {
      claimed.push(object);
      continue;
    }
    if (owner.metadata.deletionTimestamp || (!controller && (!matches || object.metadata.deletionTimestamp)))
      continue;
    try {
      if (controller) await release(client, resource, object, owner.metadata.uid);
      else {
        await (live ??= proveLive(client, ownerResource, owner));
        claimed.push(await adopt(client, resource, object, controllerReference(ownerResource, owner)));
      }
    } catch (error) {
      if (!isNotFound(error)) errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return claimed;
}

async function proveLive<O>(client: Client, resource: Resource<O>, owner: Stored<O>): Promise<void> {
  const { name, namespace, uid } = owner.metadata;
  const fresh = await client.get(resource, name, namespace);
  if (fresh.metadata.uid !== uid)
    throw new Error(
      `original ${resource.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    );
  if (fresh.metadata.deletionTimestamp)
    throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

const adopt = <T>(
  client: Client,
  resource: Resource<T>,
  object: Stored<T>,
  reference: V1OwnerReference,
): Promise<Stored<T>> =>
  client.patch(resource, object.metadata.name, object.metadata.namespace, {
    type: 'strategic',
    body: { metadata: { ownerReferences: [reference], uid: object.metadata.uid } },
  });

async function release<T>(
  client: Client,
  resource: Resource<T>,
  object: Stored<T>,
  ownerUid: string,
): Promise<void> {
  try {
    await client.patch(resource, object.metadata.name, object.metadata.namespace, {
      type: 'strategic',
      body: {
        metadata: { ownerReferences: [{ $patch: 'delete', uid: ownerUid }], uid: object.metadata.uid },
      },
    });
  } catch (error) {
    // The object lost its owner, or is another one of the same name, in the meantime.
    if (!isInvalid(error) && !isNotFound(error)) throw error;
  }
}
