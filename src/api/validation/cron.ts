// Whether a text is a schedule that upstream's parser (robfig/cron, standard five fields and @descriptors) takes.
import { parseDuration } from '../../machinery/duration.ts';
import { quote } from '../../machinery/quote.ts';

interface Bounds {
  low: number;
  high: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Bounds[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: months },
  { low: 0, high: 6, names: days },
];
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

function numberOf(text: string, { low, names }: Bounds): number | string {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + (low === 1 ? 1 : 0);
  if (!/^[+-]?\d+$/.test(text))
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`;
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}

function rangeProblem(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const ends = range.split('-');
  let [start, end]: [number, number] = [bounds.low, bounds.high];
  if (ends[0] === '*' || ends[0] === '?') {
    if (ends.length > 1) return `too many hyphens: ${text}`;
  } else {
    if (ends.length > 2) return `too many hyphens: ${text}`;
    const first = numberOf(ends[0]!, bounds);
    if (typeof first === 'string') return first;
    const last = ends[1] === undefined ? first : numberOf(ends[1], bounds);
    if (typeof last === 'string') return last;
    [start, end] = [first, ends[1] === undefined && step !== undefined ? bounds.high : last];
  }
  if (more.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined) {
    const every = numberOf(step, { low: 0, high: bounds.high });
    if (typeof every === 'string') return every;
    if (every === 0) return `step of range should be a positive number: ${text}`;
  }
  if (start < bounds.low) return `beginning of range (${start}) below minimum (${bounds.low}): ${text}`;
  if (end > bounds.high) return `end of range (${end}) above maximum (${bounds.high}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return undefined;
}

/** What the parser says of a schedule that it does not take. */
export function cronProblem(schedule: string): string | undefined {
  const text = schedule.replace(/^(?:CRON_)?TZ=\S+\s+/, '');
  if (text.startsWith('@')) {
    if (descriptors.includes(text)) return undefined;
    if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
    try {
      parseDuration(text.slice('@every '.length));
      return undefined;
    } catch (error) {
      return `failed to parse duration ${text}: ${(error as Error).message}`;
    }
  }
  const parts = text.trim().split(/\s+/).filter(Boolean);
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  for (const [index, part] of parts.entries())
    for (const each of part.split(',')) {
      const problem = rangeProblem(each, fields[index]!);
      if (problem) return problem;
    }
  return undefined;
}
