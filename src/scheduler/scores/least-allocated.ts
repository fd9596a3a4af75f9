import { maxScore, type ScorePlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';

const share = (requested: number, capacity: number): number =>
  requested > capacity ? 0 : Math.trunc(((capacity - requested) * maxScore) / capacity);

/** Prefers nodes of which more cpu and memory would be left. */
export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  prepare: ({ nonZeroCpu, nonZeroMemory }) => ({
    score(node: NodeInfo) {
      const { cpu, memory } = node;
      let total = 0;
      let weights = 0;
      if (cpu > 0) {
        total += share(node.nonZeroCpu + nonZeroCpu, cpu);
        weights++;
      }
      if (memory > 0) {
        total += share(node.nonZeroMemory + nonZeroMemory, memory);
        weights++;
      }
      return weights === 0 ? 0 : Math.trunc(total / weights);
    },
  }),
};
