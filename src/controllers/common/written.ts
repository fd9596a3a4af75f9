import type { Informer } from '../../client/informer.ts';
import type { Clock } from '../../machinery/clock.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';

/** A cache that has not shown a write after this long has lost sight of it (the object went again meanwhile). */
const patienceMs = 5000;

interface Write {
  /** Revision that the cache must have come to; undefined for a deletion. */
  revision: number | undefined;
  uid: string;
  at: number;
}

/**
 * Remembers what a controller has written for an owner, until the cache shows it: deciding from a cache that is behind would make
 * objects with generated names twice. Resource versions are compared as numbers, which upstream allows since 1.35.
 */
export class Written<T> {
  private readonly byOwner = new Map<string, Map<string, Write>>();
  private readonly cache: Informer<T>;
  private readonly clock: Clock;

  constructor(cache: Informer<T>, clock: Clock) {
    this.cache = cache;
    this.clock = clock;
  }

  wrote(owner: string, object: Stored<T>): void {
    this.remember(owner, object, Number(object.metadata.resourceVersion));
  }

  deleted(owner: string, object: Stored<T>): void {
    this.remember(owner, object, undefined);
  }

  private remember(owner: string, object: Stored<T>, revision: number | undefined): void {
    let writes = this.byOwner.get(owner);
    if (!writes) this.byOwner.set(owner, (writes = new Map()));
    writes.set(keyOf(object), { revision, uid: object.metadata.uid, at: this.clock.now() });
  }

  /** True while the cache does not show all that was written for `owner`. */
  isBehind(owner: string): boolean {
    const writes = this.byOwner.get(owner);
    if (!writes) return false;
    for (const [key, write] of writes)
      if (this.shows(key, write) || this.clock.now() - write.at > patienceMs) writes.delete(key);
    if (writes.size > 0) return true;
    this.byOwner.delete(owner);
    return false;
  }

  private shows(key: string, { revision, uid }: Write): boolean {
    const cached = this.cache.get(key);
    if (revision === undefined)
      return cached?.metadata.uid !== uid || cached.metadata.deletionTimestamp !== undefined;
    return cached !== undefined && Number(cached.metadata.resourceVersion) >= revision;
  }

  /** True where `object` is just what this controller wrote, so that its event tells nothing new. */
  isOwnWrite(owner: string, object: Stored<T>): boolean {
    return this.byOwner.get(owner)?.get(keyOf(object))?.revision === Number(object.metadata.resourceVersion);
  }

  /** The object is gone: nothing of it is waited for. */
  gone(owner: string, object: Stored<T>): void {
    const writes = this.byOwner.get(owner);
    writes?.delete(keyOf(object));
    if (writes?.size === 0) this.byOwner.delete(owner);
  }

  forget(owner: string): void {
    this.byOwner.delete(owner);
  }
}
