// What every benchmark prints: the machine, the counts, median and spread.
import { cpus, release, totalmem } from 'node:os';

/** Prints the machine once, as the first line of a benchmark. */
export function printMachine(): void {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  console.log(
    `machine: ${cpus().length} × ${first?.model.trim()}, ${memory} GiB, Linux ${release()}, Node.js ${process.version}`,
  );
}

/** The `share` quantile (0 to 1) by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One line: what, median, spread, how many; with `target`, whether the median keeps it. */
export function printFigure(
  what: string,
  values: readonly number[],
  unit: string,
  target?: { atMost?: number; atLeast?: number },
): void {
  const shown = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const middle = median(values);
  const kept =
    target &&
    (target.atMost === undefined || middle <= target.atMost) &&
    (target.atLeast === undefined || middle >= target.atLeast);
  const goal = target
    ? `   (target ${target.atMost !== undefined ? `<= ${target.atMost}` : `>= ${target.atLeast}`} ${unit}: ${kept ? 'kept' : 'MISSED'})`
    : '';
  console.log(
    `${what}: median ${shown(middle)} ${unit}, ${shown(Math.min(...values))} to ${shown(Math.max(...values))}, n=${values.length}${goal}`,
  );
}

/** A whole number from `--NAME N` on the command line. */
export function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0`);
  return value;
}
