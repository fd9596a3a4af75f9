// Completion indexes of Jobs (upstream: pkg/controller/job/indexed_job_utils.go).
import type { V1Pod } from '../../api/generated/types.ts';

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

/** The Pod's completion index; undefined where it has none. */
export function indexOf(pod: V1Pod): number | undefined {
  const text = pod.metadata?.annotations?.[indexAnnotation] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** `1,3-5,7` as numbers below `limit`. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [first, last = first] = part.split('-').map(Number);
    for (let index = first!; index <= Math.min(last!, limit - 1); index++) indexes.add(index);
  }
  return indexes;
}

/** The other way round: runs of three and more are shortened, as are pairs (`1,2` is written so, `1-3` with a dash). */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`);
    else parts.push(...sorted.slice(i, end + 1).map(String));
    i = end + 1;
  }
  return parts.join(',');
}
