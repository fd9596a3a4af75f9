import type { Clock } from '../machinery/clock.ts';

/** How long our loops may keep the event loop in one go. */
const budgetMs = 8;

/** Lets loops that never wait for the outside give way to sockets and timers. */
export interface TimeSlice {
  /** Undefined while there is time left in this turn of the event loop; else a promise of the next turn. */
  spent(): Promise<void> | undefined;
}

const slices = new WeakMap<Clock, TimeSlice>();

/** One slice is shared by everything that runs on a clock, since that is what shares the event loop. */
export function timeSlice(clock: Clock): TimeSlice {
  const known = slices.get(clock);
  if (known) return known;
  let turn: { began: number; ended: Promise<void> } | undefined;
  const slice: TimeSlice = {
    spent() {
      if (!turn) {
        const { promise, resolve } = Promise.withResolvers<void>();
        turn = { began: clock.monotonic(), ended: promise };
        clock.timer(0, () => {
          turn = undefined;
          resolve();
        });
      }
      return clock.monotonic() - turn.began >= budgetMs ? turn.ended : undefined;
    },
  };
  slices.set(clock, slice);
  return slice;
}
