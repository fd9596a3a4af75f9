// Deletes Jobs a while after their end (upstream: pkg/controller/ttlafterfinished).
import { jobs } from '../../api/generated/resources/batch.v1.ts';
import type { V1Job } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';

/** When the Job is to be deleted (ms since the epoch); undefined while it runs, or has no such wish. */
export function expiryOf(job: V1Job): number | undefined {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata?.deletionTimestamp) return undefined;
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return end?.lastTransitionTime ? Date.parse(end.lastTransitionTime) + ttl * 1000 : undefined;
}

export function createTtlAfterFinishedController({
  client,
  clock,
  informers,
}: ControllerContext): Controller {
  const cache = informers.for(jobs);
  return {
    name: 'ttl-after-finished',
    watches: [watching({ resource: jobs })],
    async reconcile(key) {
      const cached = cache.get(key);
      const expiry = cached && expiryOf(cached);
      if (!cached || expiry === undefined) return undefined;
      if (expiry > clock.now()) return { requeueAfterMs: expiry - clock.now() };
      const { name, namespace, uid } = cached.metadata;
      try {
        // Its time may have been changed since the cache saw it.
        const live = await client.get(jobs, name, namespace);
        const again = expiryOf(live);
        if (live.metadata.uid !== uid || again === undefined || again > clock.now()) return undefined;
        await client.delete(jobs, name, namespace, {
          propagationPolicy: 'Foreground',
          preconditions: { uid, resourceVersion: live.metadata.resourceVersion },
        });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
}
