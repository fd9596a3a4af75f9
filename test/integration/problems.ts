import { inspect } from 'node:util';
import { type Logger, silentLogger } from '../../src/machinery/logger.ts';

/** A logger that keeps errors, for tests to say that there were none. */
export function problemLogger(): { logger: Logger; seen: string[] } {
  const seen: string[] = [];
  const named = (component: string): Logger => ({
    ...silentLogger,
    error: (message, fields) => void seen.push(`${component}: ${message} ${inspect(fields)}`),
    child: name => named(component ? `${component}/${name}` : name),
  });
  return { logger: named(''), seen };
}
