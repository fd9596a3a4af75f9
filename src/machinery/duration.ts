const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds of a Go duration such as `1h15m30.5s`; throws an Error with Go's text. */
export function parseDuration(text: string): number {
  const invalid = (): Error => new Error(`time: invalid duration "${text}"`);
  const sign = text.startsWith('-') ? -1 : 1;
  let at = /^[+-]/.test(text) ? 1 : 0;
  if (text.slice(at) === '0') return 0;
  if (at === text.length) throw invalid();
  let sum = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (!found) {
      if (/^(\d+\.?\d*|\.\d+)$/.test(text.slice(at)))
        throw new Error(`time: missing unit in duration "${text}"`);
      throw invalid();
    }
    sum += Number(found[1]) * units[found[2]!]!;
    at = part.lastIndex;
  }
  return sign * sum;
}

/** A Go duration's text: `1h0m0s`, `1m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const sign = milliseconds < 0 ? '-' : '';
  const nanos = BigInt(Math.round(Math.abs(milliseconds) * 1e6));
  if (nanos < 1_000n) return `${sign}${nanos}ns`;
  if (nanos < 1_000_000n) return `${sign}${Number(nanos) / 1e3}µs`;
  if (nanos < 1_000_000_000n) return `${sign}${Number(nanos) / 1e6}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = Number(nanos % 60_000_000_000n) / 1e9;
  if (minutes === 0n) return `${sign}${seconds}s`;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${hours}h${minutes % 60n}m${seconds}s`;
}

/** A short text for people with two units at most: `90s`, `4m12s`, `25h`, `3d4h`, `2y30d` (apimachinery util/duration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const pair = (large: number, unit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return pair(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}
