import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { Random } from '../machinery/random.ts';
import { realClock } from '../platform/clock.ts';
import { createLogger, type LogLevel } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { realRandom } from '../platform/random.ts';

/** What every part of a process is made with. */
export interface Base {
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics & { text(): Promise<string> };
  env: Record<string, string | undefined>;
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];

/** The real machine's; log lines go to standard error, from TSUKUBE_LOG (default `info`) on. */
export function realBase(env: Record<string, string | undefined> = process.env): Base {
  const level = env.TSUKUBE_LOG && levels.includes(env.TSUKUBE_LOG) ? (env.TSUKUBE_LOG as LogLevel) : 'info';
  return {
    clock: realClock,
    random: realRandom,
    logger: createLogger(line => process.stderr.write(line), level),
    metrics: createMetrics(),
    env,
  };
}
