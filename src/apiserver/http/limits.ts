import { tooManyRequests } from '../../machinery/status-errors.ts';
import type { User } from '../contracts.ts';

export interface Limits {
  /** Counts a request in; what it returns counts it out. Throws 429 when too many are under way. */
  enter(verb: string, user: User): () => void;
}

/** Upstream's --max-requests-inflight and --max-mutating-requests-inflight; masters are exempt. */
export function createLimits(reading = 400, mutating = 200): Limits {
  const counts = { reading: 0, mutating: 0 };
  return {
    enter(verb, user) {
      if (user.groups.includes('system:masters')) return () => {};
      const kind = verb === 'get' || verb === 'list' ? 'reading' : 'mutating';
      if (counts[kind] >= (kind === 'reading' ? reading : mutating))
        throw tooManyRequests('Too many requests, please try again later.', 1);
      counts[kind]++;
      return () => {
        counts[kind]--;
      };
    },
  };
}
