// The EndpointSlice controller (upstream: pkg/controller/endpointslice). It writes as soon as a Pod's readiness changes: nothing is batched.

import { nodes, pods, services } from '../../api/generated/resources/core.v1.ts';
import { endpointslices } from '../../api/generated/resources/discovery.k8s.io.v1.ts';
import type { V1Pod, V1Service } from '../../api/generated/types.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import type { Stored } from '../../machinery/object.ts';
import { isNamespaceTerminating, isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { indexSelections, podsOf, serviceKeys } from '../common/selected-pods.ts';
import { Written } from '../common/written.ts';
import type { Slice } from './packing.ts';
import { controllerName, managedByLabel, planSlices, type SlicePlan, serviceNameLabel } from './slices.ts';
import { TriggerTimes, withTriggerTime } from './trigger-time.ts';

const maxEndpointsPerSlice = 100;
const behindRetryMs = 1000;
const nodeRetryMs = 1000;
const sliceIndex = 'service';

const serviceOf = (slice: Slice): string | undefined => {
  const labels = slice.metadata.labels ?? {};
  const name = labels[serviceNameLabel];
  return labels[managedByLabel] === controllerName && name
    ? `${slice.metadata.namespace}/${name}`
    : undefined;
};

/** Keeps the slices of every Service that has a selector. */
export function createEndpointSliceController(context: ControllerContext): Controller {
  const { client, clock, informers, logger } = context;
  const events = context.recorder('endpoint-slice-controller');
  const serviceCache = informers.for(services);
  const podCache = informers.for(pods);
  const nodeCache = informers.for(nodes);
  const sliceCache = informers.for(endpointslices);
  indexSelections(podCache, serviceCache);
  sliceCache.addIndex(sliceIndex, slice => {
    const key = serviceOf(slice);
    return key ? [key] : [];
  });
  const written = new Written(sliceCache, clock);
  const waiting = new Set<string>();
  const triggers = new TriggerTimes();

  const apply = async (
    key: string,
    service: Stored<V1Service>,
    selected: readonly Stored<V1Pod>[],
    plan: SlicePlan,
  ): Promise<void> => {
    const time = triggers.next(key, service, selected);
    const stamped = <S extends { metadata?: object }>(slice: S): S => {
      const { annotations } = (slice.metadata ?? {}) as { annotations?: Record<string, string> };
      return { ...slice, metadata: { ...slice.metadata, annotations: withTriggerTime(annotations, time) } };
    };
    for (const slice of plan.create) written.wrote(key, await client.create(endpointslices, stamped(slice)));
    for (const slice of plan.update) written.wrote(key, await client.update(endpointslices, stamped(slice)));
    for (const slice of plan.remove)
      try {
        await client.delete(endpointslices, slice.metadata.name, slice.metadata.namespace);
        written.deleted(key, slice);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
  };

  const round = async (key: string): Promise<Result> => {
    const service = serviceCache.get(key);
    if (!service) {
      // The slices go with their owner, by garbage collection.
      triggers.forget(key);
      written.forget(key);
      return undefined;
    }
    if (!service.spec?.selector || service.metadata.deletionTimestamp) return undefined;
    if (written.isBehind(key)) {
      waiting.add(key);
      return { requeueAfterMs: behindRetryMs };
    }
    const existing = sliceCache.byIndex(sliceIndex, key).filter(slice => !slice.metadata.deletionTimestamp);
    if (service.spec.type === 'ExternalName') {
      await apply(key, service, [], { create: [], update: [], remove: existing, withoutNode: [] });
      return undefined;
    }
    const selected = podsOf(podCache, service);
    const plan = planSlices(service, selected, existing, name => nodeCache.get(name), maxEndpointsPerSlice);
    try {
      await apply(key, service, selected, plan);
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      const text = error instanceof Error ? error.message : String(error);
      events.event(
        service,
        'Warning',
        'FailedToUpdateEndpointSlices',
        `Error updating Endpoint Slices for Service ${key}: ${text}`,
      );
      throw error;
    }
    if (plan.withoutNode.length === 0) return undefined;
    logger.debug('pods without a known node are left out', { service: key, pods: plan.withoutNode });
    return { requeueAfterMs: nodeRetryMs };
  };

  return {
    name: 'endpointslice',
    workers: 5,
    watches: [
      watching({ resource: services }),
      watching({ resource: pods, keys: serviceKeys(serviceCache) }),
      watching({ resource: nodes, keys: () => [] }),
      watching({
        resource: endpointslices,
        observe: (event, slice) => {
          const key = serviceOf(slice);
          if (key && event === 'deleted') written.gone(key, slice);
        },
        keys: slice => {
          const key = serviceOf(slice);
          if (!key) return [];
          return waiting.delete(key) || !written.isOwnWrite(key, slice) ? [key] : [];
        },
      }),
    ],
    reconcile: round,
  };
}
