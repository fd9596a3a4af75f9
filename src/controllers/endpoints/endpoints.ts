// The Endpoints controller (upstream: pkg/controller/endpoint): one legacy object beside the slices of a Service.

import { endpoints, pods, services } from '../../api/generated/resources/core.v1.ts';
import type { V1Endpoints, V1Service } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import { isForbidden, isNamespaceTerminating, isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { indexSelections, podsOf, serviceKeys } from '../common/selected-pods.ts';
import { headlessLabel, isHeadless } from '../endpointslice/slices.ts';
import { TriggerTimes, triggerTimeAnnotation } from '../endpointslice/trigger-time.ts';
import { calculateSubsets, truncate } from './subsets.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const capacityAnnotation = 'endpoints.kubernetes.io/over-capacity';

function labelsFor(service: Stored<V1Service>): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    [managedByLabel]: 'endpoint-controller',
  };
}

/** Keeps the Endpoints object of every Service that has a selector. */
export function createEndpointsController(context: ControllerContext): Controller {
  const { client, informers } = context;
  const events = context.recorder('endpoint-controller');
  const serviceCache = informers.for(services);
  const podCache = informers.for(pods);
  const endpointsCache = informers.for(endpoints);
  indexSelections(podCache, serviceCache);
  const triggers = new TriggerTimes();
  let lastEvent: 'added' | 'updated' | 'deleted' = 'added';

  const remove = async (key: string): Promise<void> => {
    triggers.forget(key);
    const current = endpointsCache.get(key);
    if (!current) return;
    const { name, namespace, uid } = current.metadata;
    try {
      await client.delete(endpoints, name, namespace, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  const write = async (service: Stored<V1Service>, next: V1Endpoints, exists: boolean): Promise<void> => {
    try {
      if (exists) await client.update(endpoints, next);
      else await client.create(endpoints, next);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const text = error instanceof Error ? error.message : String(error);
      if (isForbidden(error) && !exists)
        events.event(
          service,
          'Warning',
          'FailedToCreateEndpoint',
          `Failed to create endpoint for service ${service.metadata.namespace}/${service.metadata.name}: ${text}`,
        );
      throw error;
    }
  };

  return {
    name: 'endpoint',
    workers: 5,
    watches: [
      watching({ resource: services }),
      watching({ resource: pods, keys: serviceKeys(serviceCache) }),
      watching({
        resource: endpoints,
        observe: event => {
          lastEvent = event;
        },
        // Those of our own that are left over at the start, and any that somebody deletes.
        keys: object =>
          lastEvent === 'deleted' || (lastEvent === 'added' && object.metadata.labels?.[managedByLabel])
            ? [keyOf(object)]
            : [],
      }),
    ],
    async reconcile(key) {
      const service = serviceCache.get(key);
      if (!service || service.spec?.type === 'ExternalName') {
        await remove(key);
        return undefined;
      }
      if (!service.spec?.selector) return undefined;
      const current = endpointsCache.get(key);
      const selected = podsOf(podCache, service);
      const { subsets, truncated } = truncate(calculateSubsets(service, selected));
      const labels = labelsFor(service);
      const old = current?.metadata.annotations ?? {};
      const same =
        current !== undefined &&
        semanticEqual(current.subsets ?? [], subsets) &&
        semanticEqual(current.metadata.labels, labels) &&
        (old[capacityAnnotation] === 'truncated') === truncated;
      if (same) return undefined;
      const { [capacityAnnotation]: _, [triggerTimeAnnotation]: __, ...kept } = old;
      const time = triggers.next(key, service, selected);
      const annotations = {
        ...kept,
        ...(truncated ? { [capacityAnnotation]: 'truncated' } : {}),
        ...(time ? { [triggerTimeAnnotation]: time } : {}),
      };
      const { name, namespace } = service.metadata;
      const metadata = {
        ...(current?.metadata ?? { name, namespace }),
        labels,
        annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
      };
      await write(service, { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }, current !== undefined);
      return undefined;
    },
  };
}
