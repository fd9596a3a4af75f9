// Keys of labels that stand for the Pod's own values, written into the selectors that use them (KEP-3633, KEP-3243).
import type { V1LabelSelector, V1Pod, V1PodAffinityTerm } from '../generated/types.ts';

type Labels = Readonly<Record<string, string>>;

/** `selector` with one requirement more for each key that the Pod has. */
function extended(
  selector: V1LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Labels,
): V1LabelSelector | undefined {
  const known = (keys ?? []).filter(key => labels[key] !== undefined);
  if (!selector || known.length === 0) return selector;
  const added = known.map(key => ({ key, operator, values: [labels[key]!] }));
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}

function resolveTerm(term: V1PodAffinityTerm, labels: Labels): void {
  const selector = extended(term.labelSelector, term.matchLabelKeys, 'In', labels);
  term.labelSelector = extended(selector, term.mismatchLabelKeys, 'NotIn', labels);
  if (!term.labelSelector) delete term.labelSelector;
}

/** Changes affinity and spread constraints of a new Pod in place. */
export function resolveLabelKeys({ spec, metadata }: V1Pod): void {
  const labels = metadata?.labels ?? {};
  for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
      resolveTerm(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      resolveTerm(podAffinityTerm, labels);
  }
  for (const constraint of spec?.topologySpreadConstraints ?? []) {
    const selector = extended(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels);
    if (selector) constraint.labelSelector = selector;
  }
}
