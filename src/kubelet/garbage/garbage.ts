import type { Timer } from '../../machinery/clock.ts';
import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';
import { removeDeadContainers } from './containers.ts';
import { ImageCollector } from './images.ts';
import { rotateLogs } from './logs.ts';

const containersMs = 60_000;
const imagesMs = 300_000;
const logsMs = 10_000;

/** Keeps the node tidy: dead containers, images when the disk is full, logs that grow. Returns what ends it. */
export function collectGarbage(core: Core, workers: Pods): () => void {
  const { clock, logger } = core.context;
  const timers = new Set<Timer>();
  let closed = false;
  const every = (milliseconds: number, work: () => Promise<void>): void => {
    if (closed) return;
    const timer = clock.timer(milliseconds, () => {
      timers.delete(timer);
      work()
        .catch(error => logger.debug('garbage collection failed', { error }))
        .finally(() => every(milliseconds, work));
    });
    timers.add(timer);
  };
  const images = new ImageCollector(core);
  every(containersMs, () => removeDeadContainers(core, workers));
  every(imagesMs, () => images.collect());
  every(logsMs, () => rotateLogs(core, workers));
  return () => {
    closed = true;
    for (const timer of timers) timer.cancel();
  };
}
