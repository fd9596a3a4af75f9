// What the scheduler tells about its decisions: conditions and events.
import { pods } from '../api/generated/resources/core.v1.ts';
import type { V1Pod, V1PodCondition } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';
import type { EventRecorder } from '../client/events.ts';
import { timestamp } from '../machinery/clock.ts';
import type { Stored } from '../machinery/object.ts';
import { isConflict, isNotFound } from '../machinery/status-error.ts';

export interface Reporter {
  scheduled(pod: Stored<V1Pod>, node: string): void;
  /** `latest` is the pod as the cache has it now. */
  failed(
    latest: Stored<V1Pod>,
    reason: 'Unschedulable' | 'SchedulerError',
    message: string,
    nominate?: string,
  ): void;
}

/** The condition to write; undefined when the pod says so already. */
function changed(
  { metadata, status }: Stored<V1Pod>,
  reason: string,
  message: string,
  now: number,
): V1PodCondition | undefined {
  const old = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (old?.status === 'False' && old.reason === reason && old.message === message) return undefined;
  return {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    lastTransitionTime: (old?.status === 'False' && old.lastTransitionTime) || timestamp(now),
    ...(metadata.generation ? { observedGeneration: metadata.generation } : {}),
  };
}

export function createReporter(context: ComponentContext, recorder: EventRecorder): Reporter {
  const { client, clock, logger } = context;
  return {
    scheduled(pod, node) {
      const { name, namespace } = pod.metadata;
      const message = `Successfully assigned ${namespace}/${name} to ${node}`;
      recorder.event(pod, 'Normal', 'Scheduled', message, { action: 'Binding' });
    },
    failed(latest, reason, message, nominate) {
      recorder.event(latest, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
      const condition = changed(latest, reason, message, clock.now());
      const nominated = nominate !== undefined && latest.status?.nominatedNodeName !== nominate;
      if (!condition && !nominated) return;
      const { name, namespace, uid } = latest.metadata;
      const status = {
        ...(condition ? { conditions: [condition] } : {}),
        ...(nominated ? { nominatedNodeName: nominate } : {}),
      };
      const patch = { type: 'strategic', body: { metadata: { uid }, status } } as const;
      client.patch(pods, name, namespace, patch, { subresource: 'status' }).catch(error => {
        if (!isNotFound(error) && !isConflict(error))
          logger.warn('cannot update pod condition', { pod: `${namespace}/${name}`, error });
      });
    },
  };
}
