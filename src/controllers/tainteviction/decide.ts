// Whether a Pod may stay on a node with NoExecute taints (upstream: pkg/controller/tainteviction, component-helpers/scheduling/corev1).
import type { V1Pod, V1Taint, V1Toleration } from '../../api/generated/types.ts';

/** True where the toleration covers the taint (for however long). */
export const tolerates = (toleration: V1Toleration, taint: V1Taint): boolean => {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return (
    toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '')
  );
};

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
