import { Fifo } from './fifo.ts';

/** Lets so many in at a time; the others wait their turn. */
export interface Gate {
  /** Runs `work` when there is room. */
  through<T>(work: () => Promise<T>): Promise<T>;
}

export function createGate(capacity: number): Gate {
  const waiting = new Fifo<() => void>();
  let inside = 0;
  return {
    async through(work) {
      if (inside >= capacity) await new Promise<void>(resolve => waiting.push(resolve));
      else inside++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else inside--;
      }
    },
  };
}
