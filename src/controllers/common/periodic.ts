import { type Clock, sleep } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';

/** Calls `work` now and then `everyMs` after its end, for ever; a throw is logged. Disposing waits for the call that runs. */
export function startPeriodic(
  clock: Clock,
  logger: Logger,
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await work(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) logger.warn('round failed', { error });
      }
      await sleep(clock, everyMs, stop.signal).catch(() => {});
    }
  };
  const ended = loop();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('stopping'));
      await ended;
    },
  };
}
