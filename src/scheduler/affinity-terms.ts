import type { V1Pod, V1PodAffinityTerm } from '../api/generated/types.ts';
import { compileLabelSelector, type LabelSelector, requirement, selectorOf } from '../machinery/labels.ts';

type Labels = Readonly<Record<string, string>>;
/** Labels of a namespace by its name. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/** A pod (anti-)affinity term, ready to be matched. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  readonly namespaces: ReadonlySet<string>;
  /** Absent: only `namespaces`. */
  readonly namespaceSelector: LabelSelector | undefined;
}

export interface WeightedTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

/** The affinity terms of a pod; lists are empty where it has none. */
export interface PodTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedTerm[];
  readonly preferredAntiAffinity: readonly WeightedTerm[];
}

const none: PodTerms = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
};

/** Adds the pod's own values of `matchLabelKeys`, unless the API server has merged them into the selector already. */
export function withLabelKeys(
  selector: LabelSelector,
  labels: Labels,
  matchKeys: readonly string[] = [],
  mismatchKeys: readonly string[] = [],
): LabelSelector {
  const has = (key: string): boolean => selector.requirements.some(known => known.key === key);
  const more = [
    ...matchKeys
      .filter(key => labels[key] !== undefined && !has(key))
      .map(key => requirement(key, 'in', [labels[key]!])),
    ...mismatchKeys
      .filter(key => labels[key] !== undefined && !has(key))
      .map(key => requirement(key, 'notin', [labels[key]!])),
  ];
  return more.length === 0 || selector.nothing ? selector : selectorOf([...selector.requirements, ...more]);
}

function compile(term: V1PodAffinityTerm, pod: V1Pod): AffinityTerm {
  const { namespaces = [], namespaceSelector, matchLabelKeys, mismatchLabelKeys, topologyKey } = term;
  const own = namespaces.length === 0 && !namespaceSelector;
  const selector = compileLabelSelector(term.labelSelector);
  return {
    topologyKey,
    selector: withLabelKeys(selector, pod.metadata?.labels ?? {}, matchLabelKeys, mismatchLabelKeys),
    namespaces: new Set(own ? [pod.metadata?.namespace ?? ''] : namespaces),
    namespaceSelector: namespaceSelector && compileLabelSelector(namespaceSelector),
  };
}

export function podTerms(pod: V1Pod): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return none;
  const required = (terms: V1PodAffinityTerm[] | undefined): AffinityTerm[] =>
    (terms ?? []).map(term => compile(term, pod));
  const preferred = (
    terms: { podAffinityTerm: V1PodAffinityTerm; weight: number }[] | undefined,
  ): WeightedTerm[] =>
    (terms ?? []).map(({ podAffinityTerm, weight }) => ({ term: compile(podAffinityTerm, pod), weight }));
  return {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

/** True if the term is about this pod. */
export function termMatches(term: AffinityTerm, pod: V1Pod, namespaceLabels: NamespaceLabels): boolean {
  const { namespace = '', labels } = pod.metadata ?? {};
  const here =
    term.namespaces.has(namespace) ||
    (term.namespaceSelector?.matches(namespaceLabels(namespace) ?? {}) ?? false);
  return here && term.selector.matches(labels);
}
