import { pods } from '../api/generated/resources/core.v1.ts';
import type { ComponentContext } from '../client/component.ts';
import type { EventRecorder } from '../client/events.ts';
import { timestamp } from '../machinery/clock.ts';
import { isConflict, isNotFound } from '../machinery/status-error.ts';
import type { PodInfo } from './pod-info.ts';

/** Ends the victims of a preemption, with the condition and the event that say why. */
export async function evictVictims(
  context: ComponentContext,
  recorder: EventRecorder,
  preemptor: PodInfo,
  victims: readonly PodInfo[],
  node: string,
  scheduler: string,
): Promise<void> {
  const { client, clock, logger } = context;
  const end = async ({ pod, key }: PodInfo): Promise<void> => {
    const { name, namespace, uid } = pod.metadata;
    if (pod.metadata.deletionTimestamp) return;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${scheduler}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: timestamp(clock.now()),
    };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await client.patch(pods, name, namespace, { type: 'strategic', body }, { subresource: 'status' });
      await client.delete(pods, name, namespace, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) logger.warn('cannot preempt pod', { pod: key, error });
      return;
    }
    const message = `Preempted by pod ${preemptor.uid} on node ${node}`;
    recorder.event(pod, 'Normal', 'Preempted', message, { action: 'Preempting', related: preemptor.pod });
  };
  await Promise.all(victims.map(end));
}
