import type { V1Taint, V1Toleration } from '../api/generated/types.ts';

/** True if a toleration covers a taint (component-helpers scheduling/corev1/helpers.go). */
export function tolerates({ key, operator, value, effect }: V1Toleration, taint: V1Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (operator && operator !== 'Equal') return false;
  return key !== undefined && key !== '' && (value ?? '') === (taint.value ?? '');
}

export const isTolerated = (taint: V1Taint, tolerations: readonly V1Toleration[]): boolean =>
  tolerations.some(toleration => tolerates(toleration, taint));

/** Effects that keep a pod away; PreferNoSchedule only counts in scores. */
export const isHard = ({ effect }: V1Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute';
