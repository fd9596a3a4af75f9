import type { FilterPlugin, Rejection } from '../framework.ts';

const rejected: Rejection = {
  reasons: ["node(s) didn't match the requested node name"],
  unresolvable: true,
};

/** A pod that names its node goes nowhere else. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  events: ['node-added'],
  prepare({ pod }) {
    const wanted = pod.spec?.nodeName;
    return wanted ? { filter: ({ name }) => (name === wanted ? undefined : rejected) } : undefined;
  },
};
