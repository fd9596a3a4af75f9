import type { V1DeleteOptions } from '../../api/generated/types.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { Core, WriteCall } from './core.ts';
import { deleteObject } from './delete.ts';
import { type ListPage, type ListQuery, listObjects } from './read.ts';

/** Objects that are deleted at the same time; each waits for its own write. */
const workers = 16;

/** Deletes all that a list would give. Not atomic, as upstream's. Returns what was deleted, as it was listed. */
export async function deleteObjects(
  core: Core,
  call: WriteCall,
  query: ListQuery,
  options: V1DeleteOptions,
): Promise<ListPage> {
  const page = await listObjects(core, call, { ...query, limit: undefined });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < page.views.length) {
      const { name, namespace } = page.views[next++]!.object.metadata;
      try {
        await deleteObject(core, { ...call, name, namespace: namespace ?? '' }, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, page.views.length) }, work));
  return page;
}
