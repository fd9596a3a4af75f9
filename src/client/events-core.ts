import type { CoreV1Event, V1ObjectReference } from '../api/generated/types.ts';
import { type Clock, timestamp } from '../machinery/clock.ts';
import type { EventKeeper, EventRecorderOptions, Occurrence } from './events.ts';
import { RecentMap } from './recent.ts';

// client-go tools/record/events_cache.go
const remembered = 4096;
const similarLimit = 10;
const similarWindowMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;

interface Kept {
  event: CoreV1Event;
  name: string;
  namespace: string;
}

export const objectId = ({ kind, namespace, name, uid, apiVersion }: V1ObjectReference): string =>
  [kind, namespace, name, uid, apiVersion].join('|');

/** The time of the last name, by clock: recorders that share a clock never make the same name. */
const lastNanos = new WeakMap<Clock, bigint>();

/** Names as upstream's: the object's and the time in hexadecimal nanoseconds; two events never share one. */
export function eventName(object: string, clock: Clock): string {
  const now = BigInt(Math.floor(clock.now())) * 1_000_000n;
  const last = lastNanos.get(clock) ?? 0n;
  const nanos = now > last ? now : last + 1n;
  lastNanos.set(clock, nanos);
  return `${object.slice(0, 230)}.${nanos.toString(16)}`;
}

/** Counts equal events, combines similar ones and drops those of an object that has too many. */
export function createCorrelator(clock: Clock, options: EventRecorderOptions): EventKeeper<CoreV1Event> {
  const { component, host } = options;
  const similar = new RecentMap<{ messages: Set<string>; at: number }>(remembered);
  const kept = new RecentMap<Kept>(remembered);
  const buckets = new RecentMap<{ tokens: number; at: number }>(remembered);

  const isSpam = (object: string, now: number): boolean => {
    const { tokens, at } = buckets.get(object) ?? { tokens: spamBurst, at: now };
    const left = Math.min(spamBurst, tokens + (now - at) / spamRefillMs);
    buckets.set(object, { tokens: left >= 1 ? left - 1 : left, at: now });
    return left < 1;
  };

  /** Many messages of one kind about one object become one event. */
  const combine = (group: string, message: string, now: number): boolean => {
    let record = similar.get(group);
    if (!record || now - record.at > similarWindowMs) record = { messages: new Set(), at: now };
    record.messages.add(message);
    record.at = now;
    const many = record.messages.size >= similarLimit;
    if (many) record.messages.delete(message);
    similar.set(group, record);
    return many;
  };

  const fresh = ({ regarding, related, type, reason, action }: Occurrence, message: string): Kept => {
    const now = timestamp(clock.now());
    const namespace = regarding.namespace || 'default';
    const name = eventName(regarding.name ?? '', clock);
    return {
      name,
      namespace,
      event: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: regarding,
        ...(related ? { related } : {}),
        reason,
        message,
        source: { component, ...(host ? { host } : {}) },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        type,
        ...(action ? { action } : {}),
        reportingComponent: component,
        reportingInstance: host ?? '',
      },
    };
  };

  return {
    observe(occurrence) {
      const { regarding, type, reason } = occurrence;
      const now = clock.now();
      const object = objectId(regarding);
      const group = [object, regarding.fieldPath, type, reason].join('|');
      const combined = combine(group, occurrence.message, now);
      const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
      const key = combined ? group : `${group}|${message}`;
      const known = kept.get(key);
      if (known) {
        const count = (known.event.count ?? 1) + 1;
        known.event = { ...known.event, message, count, lastTimestamp: timestamp(now) };
      } else kept.set(key, fresh(occurrence, message));
      return isSpam(object, now) ? undefined : key;
    },
    write(key) {
      const found = kept.get(key);
      if (!found) return undefined;
      const { message, count, lastTimestamp } = found.event;
      return { ...found, create: found.event, patch: { message, count, lastTimestamp } };
    },
    dispose() {},
  };
}
