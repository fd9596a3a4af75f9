import { isTolerated } from '../../machinery/tolerations.ts';
import { normalizeByMax, type ScorePlugin } from '../framework.ts';

/** Prefers nodes with fewer untolerated taints of effect PreferNoSchedule. */
export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  prepare({ pod }, _, nodes) {
    if (nodes.every(({ softTaints }) => softTaints.length === 0)) return undefined;
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      ({ effect }) => !effect || effect === 'PreferNoSchedule',
    );
    return {
      score: ({ softTaints }) => softTaints.filter(taint => !isTolerated(taint, tolerations)).length,
      normalize: scores => normalizeByMax(scores, true),
    };
  },
};
