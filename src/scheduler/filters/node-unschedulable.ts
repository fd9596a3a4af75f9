import { isTolerated } from '../../machinery/tolerations.ts';
import type { FilterPlugin, Rejection } from '../framework.ts';

const rejected: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true };
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Keeps pods from cordoned nodes. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  events: ['node-added', 'node-taints'],
  prepare({ pod }) {
    if (isTolerated(taint, pod.spec?.tolerations ?? [])) return undefined;
    return { filter: ({ node }) => (node?.spec?.unschedulable ? rejected : undefined) };
  },
};
