import { randomBytes } from 'node:crypto';
import type { Random } from '../machinery/random.ts';

/** The machine's randomness; `bytes` is fit for keys and tokens. */
export const realRandom: Random = {
  next: () => Math.random(),
  bytes: count => randomBytes(count),
};
