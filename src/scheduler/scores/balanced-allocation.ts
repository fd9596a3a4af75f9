import { maxScore, type ScorePlugin } from '../framework.ts';

/** Prefers nodes whose cpu and memory would be used to the same degree. Pods that ask for neither do not count. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepare({ requests }) {
    const cpu = requests.get('cpu') ?? 0;
    const memory = requests.get('memory') ?? 0;
    if (cpu === 0 && memory === 0) return undefined;
    return {
      score({ allocatable, requested }) {
        const allCpu = allocatable.get('cpu') ?? 0;
        const allMemory = allocatable.get('memory') ?? 0;
        if (allCpu === 0 || allMemory === 0) return maxScore;
        const a = Math.min(1, ((requested.get('cpu') ?? 0) + cpu) / allCpu);
        const b = Math.min(1, ((requested.get('memory') ?? 0) + memory) / allMemory);
        return Math.trunc((1 - Math.abs(a - b) / 2) * maxScore);
      },
    };
  },
};
