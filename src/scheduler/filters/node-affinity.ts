import { requiredNames, requiredNodes } from '../../machinery/node-affinity.ts';
import type { FilterPlugin, Rejection } from '../framework.ts';

const rejected: Rejection = {
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  unresolvable: true,
};

/** nodeSelector and required node affinity. */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  events: ['node-added', 'node-labels'],
  prepare({ pod }) {
    const matches = requiredNodes(pod.spec);
    if (!matches) return undefined;
    return {
      filter: node => (matches(node) ? undefined : rejected),
      nodeNames: requiredNames(pod.spec),
    };
  },
};
