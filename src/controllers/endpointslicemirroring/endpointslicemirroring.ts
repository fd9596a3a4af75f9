// Mirrors Endpoints of Services without a selector into slices (upstream: pkg/controller/endpointslicemirroring).
import { endpoints, services } from '../../api/generated/resources/core.v1.ts';
import { endpointslices } from '../../api/generated/resources/discovery.k8s.io.v1.ts';
import type { V1Endpoints } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { Written } from '../common/written.ts';
import type { Slice } from '../endpointslice/packing.ts';
import { managedByLabel, serviceNameLabel } from '../endpointslice/slices.ts';
import { mirroringName, planMirror } from './plan.ts';

const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const index = 'mirror';
const behindRetryMs = 1000;

const isMirrored = ({ metadata }: V1Endpoints & KubeObject): boolean =>
  metadata?.labels?.[skipLabel] !== 'true' && metadata?.annotations?.[leaderAnnotation] === undefined;

const keyOfSlice = ({ metadata }: Slice): string | undefined =>
  metadata.labels?.[managedByLabel] === mirroringName
    ? `${metadata.namespace}/${metadata.labels[serviceNameLabel] ?? ''}`
    : undefined;

export function createEndpointSliceMirroringController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const endpointsCache = informers.for(endpoints);
  const serviceCache = informers.for(services);
  const sliceCache = informers.for(endpointslices);
  sliceCache.addIndex(index, slice => {
    const key = keyOfSlice(slice);
    return key ? [key] : [];
  });
  const written = new Written(sliceCache, clock);
  const waiting = new Set<string>();

  const remove = async (key: string, slices: readonly Slice[]): Promise<void> => {
    for (const slice of slices)
      try {
        await client.delete(endpointslices, slice.metadata.name, slice.metadata.namespace);
        written.deleted(key, slice);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
  };

  return {
    name: 'endpointslicemirroring',
    workers: 5,
    watches: [
      watching({ resource: endpoints }),
      watching({ resource: services }),
      watching({
        resource: endpointslices,
        observe: (event, slice) => {
          const key = keyOfSlice(slice);
          if (key && event === 'deleted') written.gone(key, slice);
        },
        keys: slice => {
          const key = keyOfSlice(slice);
          return key && (waiting.delete(key) || !written.isOwnWrite(key, slice)) ? [key] : [];
        },
      }),
    ],
    async reconcile(key) {
      if (written.isBehind(key)) {
        waiting.add(key);
        return { requeueAfterMs: behindRetryMs };
      }
      const existing = sliceCache.byIndex(index, key).filter(slice => !slice.metadata.deletionTimestamp);
      const service = serviceCache.get(key);
      const object = endpointsCache.get(key);
      if (!object || !isMirrored(object) || !service || service.spec?.selector) {
        await remove(key, existing);
        return undefined;
      }
      const plan = planMirror(object, existing);
      for (const slice of plan.create) written.wrote(key, await client.create(endpointslices, slice));
      for (const slice of plan.update) written.wrote(key, await client.update(endpointslices, slice));
      await remove(key, plan.remove);
      return undefined;
    },
  };
}
