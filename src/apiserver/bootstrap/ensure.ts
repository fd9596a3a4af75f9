// Makes objects that must be there: one list for each resource tells what is missing, so that a second start writes nothing.
import type { Resource } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import { type KubeObject, keyOf } from '../../machinery/object.ts';
import { isAlreadyExists, isConflict } from '../../machinery/status-error.ts';

export interface Wanted<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  objects: readonly T[];
  /** What an existing object should be instead; undefined: it is well as it is. `replace`: delete and create again. */
  repair?(existing: T, wanted: T): T | { replace: true } | undefined;
}

/** Helps TypeScript to infer the type of each resource in a list of several. */
export const wanted = <T extends KubeObject>(each: Wanted<T>): Wanted => each as unknown as Wanted;

const create = async (client: Client, resource: Resource<KubeObject>, object: KubeObject): Promise<void> => {
  try {
    await client.create(resource, object);
  } catch (error) {
    // Another server of the same cluster was faster.
    if (!isAlreadyExists(error)) throw error;
  }
};

async function ensureOne(client: Client, { resource, objects, repair }: Wanted): Promise<void> {
  const { items } = await client.list(resource as Resource<KubeObject>);
  const existing = new Map(items.map(item => [keyOf(item), item]));
  const work = objects.map(async object => {
    const found = existing.get(keyOf(object));
    if (!found) return create(client, resource as Resource<KubeObject>, object);
    const better = repair?.(found, object);
    if (!better) return;
    if ('replace' in better) {
      await client.delete(resource, found.metadata.name, found.metadata.namespace);
      return create(client, resource as Resource<KubeObject>, object);
    }
    try {
      await client.update(resource as Resource<KubeObject>, better);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  });
  await Promise.all(work);
}

/** All at the same time: the store commits them together. */
export const ensureAll = async (client: Client, all: readonly Wanted[]): Promise<void> => {
  await Promise.all(all.map(each => ensureOne(client, each)));
};
