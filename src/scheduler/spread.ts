import type { V1Pod, V1TopologySpreadConstraint } from '../api/generated/types.ts';
import { compileLabelSelector, type LabelSelector } from '../machinery/labels.ts';
import type { NodeMatcher } from '../machinery/node-affinity.ts';
import { isTolerated } from '../machinery/tolerations.ts';
import { withLabelKeys } from './affinity-terms.ts';
import type { NodeInfo } from './node-info.ts';

/** A topology spread constraint, ready for counting. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelSelector;
  /** Whether a node's pods count, by the constraint's policies for node affinity and taints. */
  includes(node: NodeInfo, affinity: NodeMatcher | undefined): boolean;
}

/** The pod's own constraints that `wanted` takes. */
export function compileConstraints(
  pod: V1Pod,
  wanted: (constraint: V1TopologySpreadConstraint) => boolean,
): SpreadConstraint[] {
  const own = pod.spec?.topologySpreadConstraints;
  if (!own || own.length === 0) return [];
  const tolerations = pod.spec?.tolerations ?? [];
  return own.filter(wanted).map(constraint => {
    const { topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys } = constraint;
    const honorAffinity = constraint.nodeAffinityPolicy !== 'Ignore';
    const honorTaints = constraint.nodeTaintsPolicy === 'Honor';
    return {
      topologyKey,
      maxSkew,
      minDomains,
      selector: withLabelKeys(
        compileLabelSelector(labelSelector),
        pod.metadata?.labels ?? {},
        matchLabelKeys,
      ),
      includes: (node, affinity) =>
        (!honorAffinity || !affinity || affinity(node)) &&
        (!honorTaints || node.hardTaints.every(taint => isTolerated(taint, tolerations))),
    };
  });
}
