import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { Random } from '../machinery/random.ts';
import type { Client } from './client.ts';
import type { Informers } from './informer.ts';

/** What every component that talks to the API is started with. */
export interface ComponentContext {
  client: Client;
  /** Shared caches over `client`; whoever made them disposes of them. */
  informers: Informers;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
}
