// What a server does now and then: forget old revisions, and objects whose time is over.

import { groupResource } from '../api/resource.ts';
import type { Clock, Timer } from '../machinery/clock.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Core, swap } from './registry/core.ts';
import { lifetimes } from './registry/facts.ts';

/** History is kept this long at least, and up to twice (upstream's --etcd-compaction-interval). */
const compactEvery = 300_000;
const sweepEvery = 60_000;

type Timed = KubeObject & { lastTimestamp?: string; eventTime?: string };

/** Milliseconds at which an object was last written, as far as it says so itself. */
const touched = (object: Timed): number =>
  Date.parse(object.lastTimestamp ?? object.eventTime ?? object.metadata?.creationTimestamp ?? '') || 0;

async function sweep(core: Core): Promise<void> {
  const seen = new Set<string>();
  for (const registration of core.registry.all()) {
    const seconds = lifetimes[groupResource(registration)];
    const { storagePrefix } = registration;
    if (seconds === undefined || seen.has(storagePrefix)) continue;
    seen.add(storagePrefix);
    const cache = await core.caches.fresh(storagePrefix);
    const limit = core.clock.now() - seconds * 1000;
    const old = [...cache.range(cache.prefix)].filter(entry => {
      const { object } = entry.stored;
      const latest = Math.max(touched(object), Date.parse(object.metadata.creationTimestamp));
      return latest < limit;
    });
    for (const entry of old) await swap(core, entry.key, entry.revision, undefined);
  }
}

export function startUpkeep(core: Core): Disposable {
  const { clock, logger, store } = core;
  const timers = new Set<Timer>();
  let stopped = false;
  const every = (milliseconds: number, clock: Clock, work: () => Promise<void>, what: string): void => {
    const timer = clock.timer(milliseconds, () => {
      timers.delete(timer);
      work()
        .catch(error => !stopped && logger.error(`${what} failed`, { error }))
        .finally(() => !stopped && every(milliseconds, clock, work, what));
    });
    timers.add(timer);
  };
  let before = store.revision;
  every(
    compactEvery,
    clock,
    async () => {
      const upTo = before;
      before = store.revision;
      if (upTo > 1) await store.compact(upTo);
    },
    'compaction',
  );
  every(sweepEvery, clock, () => sweep(core), 'sweep of old objects');
  return {
    [Symbol.dispose]() {
      stopped = true;
      for (const timer of timers) timer.cancel();
    },
  };
}
