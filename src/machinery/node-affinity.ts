import type {
  V1NodeSelector,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PodSpec,
} from '../api/generated/types.ts';

/** What affinity sees of a node. */
export interface NodeLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type NodeMatcher = (node: NodeLabels) => boolean;

const integer = /^[+-]?\d+$/;

function matches({ operator, values = [] }: V1NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default: {
      const limit = values[0];
      if (value === undefined || limit === undefined) return false;
      if (!integer.test(value) || !integer.test(limit)) return false;
      if (operator === 'Gt') return BigInt(value) > BigInt(limit);
      return operator === 'Lt' && BigInt(value) < BigInt(limit);
    }
  }
}

/** A term without any requirement matches no node (component-helpers nodeaffinity). */
export function termMatcher({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm): NodeMatcher {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false;
  return ({ name, labels }) =>
    matchExpressions.every(requirement => matches(requirement, labels[requirement.key])) &&
    matchFields.every(requirement =>
      matches(requirement, requirement.key === 'metadata.name' ? name : undefined),
    );
}

/** Any of the terms. */
export function selectorMatcher({ nodeSelectorTerms }: V1NodeSelector): NodeMatcher {
  const terms = nodeSelectorTerms.map(termMatcher);
  return node => terms.some(term => term(node));
}

/** What a pod requires of its node's labels and name; undefined where it does not care. */
export function requiredNodes(spec: V1PodSpec | undefined): NodeMatcher | undefined {
  const wanted = Object.entries(spec?.nodeSelector ?? {});
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (wanted.length === 0 && !required) return undefined;
  const affinity = required && selectorMatcher(required);
  return node => wanted.every(([key, value]) => node.labels[key] === value) && (!affinity || affinity(node));
}

/** The nodes' names, where each term of the required affinity names one (as a DaemonSet's pods have it). */
export function requiredNames(spec: V1PodSpec | undefined): Set<string> | undefined {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required || required.nodeSelectorTerms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of required.nodeSelectorTerms) {
    const named = matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (!named) return undefined;
    for (const name of named.values ?? []) names.add(name);
  }
  return names;
}
