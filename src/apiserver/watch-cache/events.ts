import type { Entry } from './entry.ts';

/** A change of one key; `entry` is the new state, or the last one under the deletion's revision. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly entry: Entry;
  readonly previous: Entry | undefined;
  /** The previous state under this event's revision, for watches whose selection the object leaves. */
  left?: Entry;
  /** When it came, by the monotonic clock. */
  readonly time: number;
}

const smallest = 1024;
const largest = 16_384;
/** A full ring grows rather than drop an event younger than this (upstream's eventFreshDuration). */
const freshFor = 75_000;

/** The last events of a cache, for watches that resume. */
export class EventRing {
  /** Events up to and including this revision are not held. */
  floor: number;
  #events: CacheEvent[] = [];
  #start = 0;
  #capacity = smallest;

  constructor(floor: number) {
    this.floor = floor;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    if (this.#events.length - this.#start <= this.#capacity) return;
    if (this.#capacity < largest && event.time - this.#events[this.#start]!.time < freshFor) {
      this.#capacity *= 2;
      return;
    }
    while (this.#events.length - this.#start > this.#capacity) this.#dropOldest();
    if (this.#start > this.#capacity) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  #dropOldest(): void {
    this.floor = this.#events[this.#start]!.revision;
    // Of one revision either all events are held or none.
    while (this.#events[this.#start]?.revision === this.floor) this.#start++;
  }

  /** Takes in events from before it began to follow: all after `floor`, up to its present one. */
  prepend(floor: number, events: readonly CacheEvent[]): void {
    this.#events = [...events, ...this.#events.slice(this.#start)];
    this.#start = 0;
    this.floor = floor;
  }

  /** Events after `revision`, oldest first; `undefined` if some of them are gone. */
  since(revision: number): CacheEvent[] | undefined {
    if (revision < this.floor) return undefined;
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low);
  }
}
