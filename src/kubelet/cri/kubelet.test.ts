import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kubeletCases } from '../testing/cases.ts';
import { isInside, missing, runInside } from '../testing/namespaces.ts';
import { type RealBench, realBench } from '../testing/real-bench.ts';

if (isInside) {
  describe('kubelet over containerd', () => {
    let bench: RealBench;
    before(async () => {
      bench = await realBench();
    });
    after(() => bench.close());
    kubeletCases(() => bench);
  });
} else {
  test('kubelet over a real containerd', { skip: missing() }, async t => {
    t.diagnostic(await runInside(fileURLToPath(import.meta.url)));
  });
}
