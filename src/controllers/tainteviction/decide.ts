// Whether a Pod may stay on a node with NoExecute taints (upstream: pkg/controller/tainteviction, component-helpers/scheduling/corev1).
import type { V1Pod, V1Taint } from '../../api/generated/types.ts';
import { tolerates } from '../../machinery/tolerations.ts';

/** Seconds the Pod may stay: 0 at once away, Infinity for as long as it likes. */
export function secondsToStay(pod: V1Pod, taints: readonly V1Taint[] | undefined): number {
  const tolerations = pod.spec?.tolerations ?? [];
  let seconds = Number.POSITIVE_INFINITY;
  for (const taint of taints ?? []) {
    if (taint.effect !== 'NoExecute') continue;
    const matching = tolerations.filter(toleration => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching)
      if (tolerationSeconds !== undefined) seconds = Math.min(seconds, Math.max(0, tolerationSeconds));
  }
  return seconds;
}
