import type { FilterPlugin } from '../framework.ts';

/** Enough of every resource that is asked for, and room for one more pod. */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  events: ['node-added', 'node-allocatable', 'pod-deleted'],
  prepare({ requests }) {
    const wanted = [...requests].filter(([, value]) => value > 0);
    return {
      filter({ pods, allowedPods, allocatable, requested }) {
        let reasons: string[] | undefined;
        let unresolvable = false;
        if (pods.size + 1 > allowedPods) reasons = ['Too many pods'];
        for (const [resource, value] of wanted) {
          const all = allocatable.get(resource) ?? 0;
          if (value <= all - (requested.get(resource) ?? 0)) continue;
          (reasons ??= []).push(`Insufficient ${resource}`);
          unresolvable ||= value > all;
        }
        return reasons && { reasons, unresolvable };
      },
    };
  },
};
