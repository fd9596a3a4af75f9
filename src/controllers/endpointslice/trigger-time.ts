// When what a slice shows came to be, for measuring how fast it is programmed (upstream: endpointslice/util/trigger_time_tracker.go).
import type { V1Pod, V1Service } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { podCondition } from '../common/pods.ts';

export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  service: string;
  pods: Map<string, string>;
}

/** Remembers, for each Service, the change times already told. Times are wire timestamps, whose text order is their order. */
export class TriggerTimes {
  private readonly known = new Map<string, Known>();

  /** The earliest change since the last call for `key`; undefined where nothing that has a time changed. */
  next(key: string, service: Stored<V1Service>, pods: readonly Stored<V1Pod>[]): string | undefined {
    const before = this.known.get(key);
    const times = new Map<string, string>();
    const changes: string[] = [];
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime;
      if (!time) continue;
      times.set(pod.metadata.name, time);
      if (time > (before?.pods.get(pod.metadata.name) ?? '')) changes.push(time);
    }
    const created = service.metadata.creationTimestamp;
    if (created > (before?.service ?? '')) changes.push(created);
    this.known.set(key, { service: created, pods: times });
    return changes.sort()[0];
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}

/** Annotations with the trigger time set, or removed where there is none. */
export function withTriggerTime(
  annotations: Record<string, string> | undefined,
  time: string | undefined,
): Record<string, string> | undefined {
  const { [triggerTimeAnnotation]: _, ...rest } = annotations ?? {};
  if (time) return { ...rest, [triggerTimeAnnotation]: time };
  return Object.keys(rest).length > 0 ? rest : undefined;
}
