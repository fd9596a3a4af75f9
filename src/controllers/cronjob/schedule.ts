// Cron schedules as upstream reads them (robfig/cron v3, standard parser), with time zones.

interface Field {
  low: number;
  high: number;
  names?: readonly string[];
}

const fields: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  {
    low: 1,
    high: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { low: 0, high: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const shorthand: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const minuteMs = 60_000;
/** A schedule that has not come up for so long never will (such as 30 February). */
const horizonMs = 5 * 366 * 24 * 60 * minuteMs;

/** Wall-clock parts of a moment. */
interface Wall {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
}

export interface Schedule {
  /** The first time after `after` (both ms since the epoch); undefined where there is none. */
  next(after: number): number | undefined;
}

function numberOf(text: string, { low, high, names }: Field, top: number): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + low : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= top)) throw new Error(`value ${text} is not within ${low} and ${high}`);
  return value;
}

/** The values that a field allows; undefined for `*` and `?`, which matter in how days combine. */
function parseField(text: string, field: Field): { values: Set<number>; star: boolean } {
  const values = new Set<number>();
  let star = false;
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step)))
      throw new Error(`bad step in ${part}`);
    let first: number;
    let last: number;
    if (range === '*' || range === '?') {
      [first, last] = [field.low, field.high];
      star ||= step === undefined || step === '1';
    } else {
      const [from = '', to, ...rest] = range.split('-');
      if (rest.length > 0) throw new Error(`bad range ${range}`);
      first = numberOf(from, field, field.high);
      last = to === undefined ? (step === undefined ? first : field.high) : numberOf(to, field, field.high);
      if (last < first) throw new Error(`the range ${range} ends before it begins`);
    }
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return { values, star };
}

function wallClock(zone: string): (time: number) => Wall {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      weekday: 'short',
    },
  });
  return time => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts.minute),
      hour: Number(parts.hour),
      day: Number(parts.day),
      month: Number(parts.month),
      weekday: fields[4]!.names!.indexOf(parts.weekday!.toLowerCase()),
    };
  };
}

/** Parses `@every 1h30m` durations of hours, minutes and seconds. */
function everySchedule(text: string): Schedule {
  const units: Record<string, number> = { h: 3_600_000, m: minuteMs, s: 1000 };
  if (!/^(\d+(\.\d+)?[hms])+$/.test(text)) throw new Error(`bad duration ${text}`);
  const sum = [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)].reduce(
    (total, [, count, unit]) => total + Number(count) * units[unit!]!,
    0,
  );
  const period = Math.max(1000, Math.floor(sum / 1000) * 1000);
  return { next: after => Math.floor(after / 1000) * 1000 + period };
}

/** Throws a plain Error for a schedule or a time zone that cannot be read. `zone` is an IANA name; default UTC. */
export function parseSchedule(text: string, zone = 'UTC'): Schedule {
  const trimmed = text.trim();
  if (trimmed.startsWith('@every ')) return everySchedule(trimmed.slice(7).trim());
  const parts = (shorthand[trimmed] ?? trimmed).split(/\s+/);
  if (parts.length !== 5) throw new Error(`expected exactly 5 fields, found ${parts.length}: [${text}]`);
  const [minute, hour, day, month, weekday] = parts.map((part, index) => parseField(part, fields[index]!));
  const wallAt = wallClock(zone);
  const dayMatches = (wall: Wall): boolean => {
    const byDay = day!.values.has(wall.day);
    const byWeekday = weekday!.values.has(wall.weekday);
    // Where both are restricted, either will do.
    return day!.star || weekday!.star ? byDay && byWeekday : byDay || byWeekday;
  };
  return {
    next(after) {
      let time = (Math.floor(after / minuteMs) + 1) * minuteMs;
      const end = after + horizonMs;
      while (time < end) {
        const wall = wallAt(time);
        if (!month!.values.has(wall.month) || !dayMatches(wall)) {
          // To the next hour only: days of a zone are not always 24 hours long.
          time +=
            wall.hour < 22
              ? (22 - wall.hour) * 60 * minuteMs - wall.minute * minuteMs
              : (60 - wall.minute) * minuteMs;
          continue;
        }
        if (!hour!.values.has(wall.hour)) {
          time += (60 - wall.minute) * minuteMs;
          continue;
        }
        if (minute!.values.has(wall.minute)) return time;
        time += minuteMs;
      }
      return undefined;
    },
  };
}
