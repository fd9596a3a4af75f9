import { maxScore, type ScorePlugin } from '../framework.ts';

/** Prefers nodes whose cpu and memory would be used to the same degree. Pods that ask for neither do not count. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepare({ cpu, memory }) {
    if (cpu === 0 && memory === 0) return undefined;
    return {
      score(node) {
        if (node.cpu === 0 || node.memory === 0) return maxScore;
        const a = Math.min(1, (node.usedCpu + cpu) / node.cpu);
        const b = Math.min(1, (node.usedMemory + memory) / node.memory);
        return Math.trunc((1 - Math.abs(a - b) / 2) * maxScore);
      },
    };
  },
};
