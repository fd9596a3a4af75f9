import { after, before, describe } from 'node:test';
import { kubeletCases } from '../testing/cases.ts';
import { type SimulatedBench, simulatedBench } from '../testing/simulated-bench.ts';

describe('kubelet over the simulated runtime', () => {
  let bench: SimulatedBench;
  before(async () => {
    bench = await simulatedBench();
  });
  after(() => bench.close());
  kubeletCases(() => bench);
});
