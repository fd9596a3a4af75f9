import type { Clock, Timer } from '../machinery/clock.ts';
import type { ClusterEvent } from './framework.ts';
import { Heap } from './heap.ts';
import type { PodInfo } from './pod-info.ts';

type Place = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'taken' | 'gone';

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  /** How often it was tried. */
  attempts: number;
  /** When it first came. */
  added: number;
  /** When it was last put into the queue; earlier comes first among equal priorities. */
  since: number;
  place: Place;
  /** Filters that rejected it when last tried. */
  rejectedBy: ReadonlySet<string>;
  /** Set after something else than its filters went wrong: then its wait is never cut short. */
  erred: boolean;
  /** When it may be tried again, while it is backing off. */
  until: number;
  /** Tells which entry of a heap is the present one. */
  turn: number;
}

export interface SchedulingQueueOptions {
  clock: Clock;
  /** Which filters care about which events. */
  events: ReadonlyMap<string, readonly ClusterEvent[]>;
  /** Called when there may be something to `pop`. */
  ready(): void;
}

const initialBackoffMs = 1000;
const maxBackoffMs = 10_000;
const flushEveryMs = 30_000;
const flushAfterMs = 5 * 60_000;

interface Entry {
  queued: QueuedPod;
  turn: number;
}

const isPresent = ({ queued, turn }: Entry, place: Place): boolean =>
  queued.place === place && queued.turn === turn;

function isFirst(a: Entry, b: Entry): boolean {
  const first = a.queued;
  const second = b.queued;
  if (first.info.priority !== second.info.priority) return first.info.priority > second.info.priority;
  return first.since !== second.since ? first.since < second.since : a.turn < b.turn;
}

/**
 * Pods that wait (pkg/scheduler/backend/queue): active ones by priority and time; those that are backing off; and those that no
 * node could take, which wait for an event that one of their rejecters cares about, or five minutes.
 */
export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active = new Heap<Entry>(isFirst);
  /** Rejected pods that are backing off, as they are tried when there is nothing else to do. */
  readonly #early = new Heap<Entry>(isFirst);
  readonly #backoff = new Heap<Entry>((a, b) => a.queued.until < b.queued.until);
  readonly #waiting = new Map<ClusterEvent | 'any', Set<QueuedPod>>();
  #turn = 0;
  #timer: { at: number; timer: Timer } | undefined;
  #flush: Timer | undefined;

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
  }

  /** Adds a pod, or takes over what has changed about it; `retry` tells whether the change may help an unschedulable one. */
  set(info: PodInfo, retry: boolean): void {
    const known = this.#pods.get(info.key);
    if (known && known.info.uid === info.uid) {
      known.info = info;
      const free = !info.pod.spec?.schedulingGates?.length;
      if (known.place === 'gated' && free) this.#activate(known);
      else if (known.place === 'unschedulable' && retry) this.#retry(known);
      return;
    }
    this.remove(info.key);
    const now = this.#options.clock.monotonic();
    const queued: QueuedPod = {
      info,
      attempts: 0,
      added: now,
      since: now,
      place: 'gated',
      rejectedBy: new Set(),
      erred: false,
      until: 0,
      turn: 0,
    };
    this.#pods.set(info.key, queued);
    if (!info.pod.spec?.schedulingGates?.length) this.#activate(queued);
  }

  remove(key: string): void {
    const known = this.#pods.get(key);
    if (!known) return;
    this.#pods.delete(key);
    this.#leave(known, 'gone');
  }

  /** The next pod to try. It must be given back, or removed. With nothing else to do, the wait of a rejected pod is cut short. */
  pop(): QueuedPod | undefined {
    for (let entry = this.#active.pop(); entry; entry = this.#active.pop()) {
      if (isPresent(entry, 'active')) return this.#take(entry.queued);
    }
    for (let entry = this.#early.pop(); entry; entry = this.#early.pop()) {
      if (isPresent(entry, 'backoff')) return this.#take(entry.queued);
    }
    return undefined;
  }

  /** No node could take it. */
  rejected(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (queued.place !== 'taken') return;
    const { clock, events } = this.#options;
    queued.since = clock.monotonic();
    queued.rejectedBy = rejectedBy;
    queued.erred = false;
    queued.place = 'unschedulable';
    const cares = new Set<ClusterEvent | 'any'>(
      [...rejectedBy].flatMap(name => [...(events.get(name) ?? [])]),
    );
    if (rejectedBy.size === 0) cares.add('any');
    for (const event of cares) {
      const set = this.#waiting.get(event);
      if (set) set.add(queued);
      else this.#waiting.set(event, new Set([queued]));
    }
    this.#flush ??= clock.timer(flushEveryMs, () => this.#flushOld());
  }

  /** Something went wrong that is not the pod's fault: tried again after its back-off. */
  failed(queued: QueuedPod): void {
    if (queued.place !== 'taken') return;
    queued.since = this.#options.clock.monotonic();
    queued.rejectedBy = new Set();
    queued.erred = true;
    this.#retry(queued);
  }

  /** Tries again the rejected pods that may profit from an event. */
  happened(event: ClusterEvent, helps?: (queued: QueuedPod) => boolean): void {
    for (const kind of [event, 'any'] as const) {
      for (const queued of [...(this.#waiting.get(kind) ?? [])]) {
        if (!helps || helps(queued)) this.#retry(queued);
      }
    }
  }

  /** How many pods wait in each place. */
  counts(): Record<'active' | 'backoff' | 'unschedulable' | 'gated', number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { place } of this.#pods.values()) if (place in counts) counts[place as 'active']++;
    return counts;
  }

  dispose(): void {
    this.#timer?.timer.cancel();
    this.#flush?.cancel();
  }

  #take(queued: QueuedPod): QueuedPod {
    queued.place = 'taken';
    queued.attempts++;
    return queued;
  }

  #leave(queued: QueuedPod, place: Place): void {
    if (queued.place === 'unschedulable') for (const set of this.#waiting.values()) set.delete(queued);
    queued.place = place;
    queued.turn = ++this.#turn;
  }

  #activate(queued: QueuedPod): void {
    this.#leave(queued, 'active');
    this.#active.push({ queued, turn: queued.turn });
    this.#options.ready();
  }

  #retry(queued: QueuedPod): void {
    const { clock, ready } = this.#options;
    const wait = Math.min(initialBackoffMs * 2 ** Math.max(0, queued.attempts - 1), maxBackoffMs);
    const until = queued.since + wait;
    if (until <= clock.monotonic()) {
      this.#activate(queued);
      return;
    }
    this.#leave(queued, 'backoff');
    queued.until = until;
    const entry = { queued, turn: queued.turn };
    this.#backoff.push(entry);
    this.#arm(until);
    if (queued.erred) return;
    this.#early.push(entry);
    ready();
  }

  #arm(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.timer.cancel();
    const { clock } = this.#options;
    this.#timer = { at, timer: clock.timer(Math.max(1, at - clock.monotonic()), () => this.#backedOff()) };
  }

  #backedOff(): void {
    this.#timer = undefined;
    const now = this.#options.clock.monotonic();
    for (let entry = this.#backoff.peek(); entry; entry = this.#backoff.peek()) {
      const present = isPresent(entry, 'backoff');
      if (present && entry.queued.until > now) {
        this.#arm(entry.queued.until);
        return;
      }
      this.#backoff.pop();
      if (present) this.#activate(entry.queued);
    }
  }

  #flushOld(): void {
    this.#flush = undefined;
    const { clock } = this.#options;
    let left = false;
    for (const queued of [...this.#pods.values()]) {
      if (queued.place !== 'unschedulable') continue;
      if (clock.monotonic() - queued.since > flushAfterMs) this.#retry(queued);
      else left = true;
    }
    if (left) this.#flush = clock.timer(flushEveryMs, () => this.#flushOld());
  }
}
