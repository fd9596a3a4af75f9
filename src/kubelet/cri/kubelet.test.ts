import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pods } from '../../api/generated/resources/core.v1.ts';
import { podNameLabel } from '../labels.ts';
import { addPod, isReady, nodeOf, podOf, statusOf } from '../testing/bench.ts';
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

    test('containers live through a crash of the runtime, and are looked after when it is back', async () => {
      addPod(bench, 'survivor', { containers: [bench.container({})] });
      await bench.until('survivor is Ready', () => isReady(bench, 'survivor'));
      const { containerID } = statusOf(bench, 'survivor', 'app')!;
      const ready = () => nodeOf(bench)?.status?.conditions?.find(({ type }) => type === 'Ready');
      await bench.restartRuntime(() =>
        bench.until('the node is not Ready', () => ready()?.status === 'False', 30_000),
      );
      await bench.until('the node is Ready again', () => ready()?.status === 'True', 30_000);
      assert.equal(statusOf(bench, 'survivor', 'app')?.containerID, containerID);
      assert.equal(statusOf(bench, 'survivor', 'app')?.restartCount, 0);
      // Its exit is seen again, and by the event stream, not by looking now and then.
      const { id } = (await bench.runtime.containers()).find(
        ({ labels }) => labels[podNameLabel] === 'survivor',
      )!;
      await bench.runtime.stopContainer(id, 1);
      await bench.until('it was restarted', () => statusOf(bench, 'survivor', 'app')?.restartCount === 1);
      await bench.client.delete(pods, 'survivor', 'default');
      await bench.until('survivor is gone', () => !podOf(bench, 'survivor'));
    });
  });
} else {
  test('kubelet over a real containerd', { skip: missing() }, async t => {
    t.diagnostic(await runInside(fileURLToPath(import.meta.url)));
  });
}
