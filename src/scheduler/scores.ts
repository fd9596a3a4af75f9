// Which scores there are by default, with upstream's weights.
import type { ScorePlugin } from './framework.ts';
import { balancedAllocation } from './scores/balanced-allocation.ts';
import { imageLocality } from './scores/image-locality.ts';
import { interPodAffinityScore } from './scores/inter-pod-affinity.ts';
import { leastAllocated } from './scores/least-allocated.ts';
import { nodeAffinityScore } from './scores/node-affinity.ts';
import { podTopologySpreadScore } from './scores/pod-topology-spread.ts';
import { taintTolerationScore } from './scores/taint-toleration.ts';

export const defaultScores: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  leastAllocated,
  podTopologySpreadScore,
  interPodAffinityScore,
  balancedAllocation,
  imageLocality,
];
