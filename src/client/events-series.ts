import type { EventsV1Event } from '../api/generated/types.ts';
import { type Clock, microTimestamp, type Timer } from '../machinery/clock.ts';
import type { EventKeeper, EventRecorderOptions, Occurrence } from './events.ts';
import { eventName, objectId } from './events-core.ts';

// client-go tools/events/event_broadcaster.go
const finishMs = 6 * 60_000;

/** The API takes no longer notes. */
const noteLimit = 1024;
const shortened = (note: string): string =>
  note.length <= noteLimit ? note : `${note.slice(0, noteLimit - 4)} ...`;

interface Kept {
  event: EventsV1Event;
  lastSeen: number;
  written: number;
}

/**
 * Events of events.k8s.io: the first is written, the second of its kind makes it a series, further ones are counted
 * and written when the series ends or six minutes have passed.
 */
export function createSeries(
  clock: Clock,
  options: EventRecorderOptions,
  flush: (key: string) => void,
): EventKeeper<EventsV1Event> {
  const kept = new Map<string, Kept>();
  let timer: Timer | undefined;

  const sweep = (): void => {
    timer = undefined;
    for (const [key, { event, lastSeen, written }] of kept) {
      const count = event.series?.count ?? 1;
      if (count > written) flush(key);
      else if (clock.now() - lastSeen >= finishMs) kept.delete(key);
    }
    arm();
  };
  const arm = (): void => {
    if (!timer && kept.size > 0) timer = clock.timer(finishMs, sweep);
  };

  const fresh = ({ regarding, related, type, reason, message, action }: Occurrence): EventsV1Event => {
    const now = clock.now();
    const name = eventName(regarding.name ?? '', clock);
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace: regarding.namespace || 'default' },
      eventTime: microTimestamp(now),
      reportingController: options.component,
      reportingInstance: options.host ? `${options.component}-${options.host}` : options.component,
      action: action || reason,
      reason,
      regarding,
      ...(related ? { related } : {}),
      note: shortened(message),
      type,
    };
  };

  return {
    observe(occurrence) {
      const { regarding, related, type, reason, action } = occurrence;
      const key = [objectId(regarding), related ? objectId(related) : '', type, reason, action].join('|');
      const now = clock.now();
      const known = kept.get(key);
      if (!known) {
        kept.set(key, { event: fresh(occurrence), lastSeen: now, written: 0 });
        arm();
        return key;
      }
      const count = (known.event.series?.count ?? 1) + 1;
      known.event = { ...known.event, series: { count, lastObservedTime: microTimestamp(now) } };
      known.lastSeen = now;
      return count === 2 ? key : undefined;
    },
    write(key) {
      const found = kept.get(key);
      if (!found) return undefined;
      const { event } = found;
      found.written = event.series?.count ?? 1;
      const { name = '', namespace = '' } = event.metadata ?? {};
      return { name, namespace, create: event, patch: event.series && { series: event.series } };
    },
    dispose() {
      timer?.cancel();
      kept.clear();
    },
  };
}
