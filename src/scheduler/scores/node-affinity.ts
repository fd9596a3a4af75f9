import { termMatcher } from '../../machinery/node-affinity.ts';
import { normalizeByMax, type ScorePlugin } from '../framework.ts';

/** Prefers nodes that match more of the pod's preferred node affinity. */
export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepare({ pod }) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = preferred
      .filter(({ weight }) => weight !== 0)
      .map(({ weight, preference }) => {
        const { matchExpressions = [], matchFields = [] } = preference;
        const all = matchExpressions.length === 0 && matchFields.length === 0;
        return { weight, matches: all ? () => true : termMatcher(preference) };
      });
    if (terms.length === 0) return undefined;
    return {
      score: node => terms.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0),
      normalize: scores => normalizeByMax(scores, false),
    };
  },
};
