import { scaledValue } from '../../machinery/intstr.ts';

/** `maxSurge` (rounded up) and `maxUnavailable` (rounded down) of a rolling update; both zero would never move, so one may be missing. */
export function resolveFenceposts(
  maxSurge: number | string | undefined,
  maxUnavailable: number | string | undefined,
  desired: number,
): { surge: number; unavailable: number } {
  const surge = scaledValue(maxSurge ?? 0, desired, 'up');
  const unavailable = scaledValue(maxUnavailable ?? 0, desired, 'down');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}
