import type { LogFields, Logger } from '../machinery/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

function plain(value: unknown): unknown {
  if (value instanceof Error) {
    const cause = value.cause === undefined ? {} : { cause: plain(value.cause) };
    return {
      error: value.message,
      ...(value.name === 'StatusError' ? {} : { stack: value.stack }),
      ...cause,
    };
  }
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Writes one JSON line for each message to `write`: time, level, component, message, fields. Never throws. */
export function createLogger(
  write: (line: string) => void,
  minimum: LogLevel = 'info',
  component = '',
): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (order[level] < order[minimum]) return;
    const entry: Record<string, unknown> = { time: new Date().toISOString(), level, component, message };
    for (const key in fields) entry[key] = plain(fields[key]);
    try {
      write(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      write(
        `${JSON.stringify({ ...entry, fields: undefined, unloggable: String(error) }, ['time', 'level', 'component', 'message', 'unloggable'])}\n`,
      );
    }
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: name => createLogger(write, minimum, component ? `${component}/${name}` : name),
  };
}
