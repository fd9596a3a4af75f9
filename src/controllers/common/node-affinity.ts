// Which nodes a Pod may be on (component-helpers scheduling/corev1/nodeaffinity).
import type {
  V1Node,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PodSpec,
} from '../../api/generated/types.ts';
import { hasLabels } from '../../machinery/labels.ts';

function holds({ operator, values = [] }: V1NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [left, right] = [Number(value), Number(values[0])];
      if (value === undefined || !Number.isInteger(left) || !Number.isInteger(right)) return false;
      return operator === 'Gt' ? left > right : left < right;
    }
    default:
      return false;
  }
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, node: V1Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata?.labels ?? {};
  return (
    matchExpressions.every(expression => holds(expression, labels[expression.key])) &&
    matchFields.every(field => field.key === 'metadata.name' && holds(field, node.metadata?.name))
  );
}

/** True where nodeSelector and the required node affinity allow the node. */
export function nodeIsAllowed(spec: V1PodSpec | undefined, node: V1Node): boolean {
  if (!hasLabels(node.metadata?.labels, spec?.nodeSelector ?? {})) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some(term => matchesTerm(term, node));
}
