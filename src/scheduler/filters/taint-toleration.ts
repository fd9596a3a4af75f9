import { isTolerated } from '../../machinery/tolerations.ts';
import type { FilterPlugin, Rejection } from '../framework.ts';

const rejected: Rejection = { reasons: ['node(s) had untolerated taint(s)'], unresolvable: true };

/** Taints with NoSchedule or NoExecute keep pods away that do not tolerate them. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  events: ['node-added', 'node-taints'],
  prepare({ pod }) {
    const tolerations = pod.spec?.tolerations ?? [];
    return {
      filter({ hardTaints }) {
        if (hardTaints.length === 0) return undefined;
        return hardTaints.every(taint => isTolerated(taint, tolerations)) ? undefined : rejected;
      },
    };
  },
};
