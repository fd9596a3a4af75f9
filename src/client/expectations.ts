import type { Clock } from '../machinery/clock.ts';

/** After so long a controller no longer waits for what it may have missed. */
const timeoutMs = 5 * 60_000;

/**
 * What a controller has asked for and not yet seen in its cache, for each of its keys: it must not act on that key until then
 * (pkg/controller/controller_utils.go, UIDTrackingControllerExpectations). Deletions are known by UID: seen twice, they count once.
 */
export interface Expectations {
  /** Sets anew what is expected; `uids` are those of objects about to be deleted. */
  expect(key: string, creations: number, uids?: readonly string[]): void;
  /** One creation was seen, or will not come because it failed. */
  created(key: string): void;
  /** This deletion was seen (also as a deletionTimestamp), or will not come because it failed. */
  deleted(key: string, uid: string): void;
  /** True when nothing more is expected, or was for too long. */
  satisfied(key: string): boolean;
  /** The key's object is gone. */
  forget(key: string): void;
}

interface Pending {
  creations: number;
  deletions: Set<string>;
  since: number;
}

export function createExpectations(clock: Clock): Expectations {
  const pending = new Map<string, Pending>();
  return {
    expect(key, creations, uids = []) {
      pending.set(key, { creations, deletions: new Set(uids), since: clock.monotonic() });
    },
    created(key) {
      const found = pending.get(key);
      if (found) found.creations--;
    },
    deleted(key, uid) {
      pending.get(key)?.deletions.delete(uid);
    },
    satisfied(key) {
      const found = pending.get(key);
      if (!found) return true;
      const nothing = found.creations <= 0 && found.deletions.size === 0;
      return nothing || clock.monotonic() - found.since > timeoutMs;
    },
    forget: key => {
      pending.delete(key);
    },
  };
}
