export type IntOrString = number | string;

/** The share a `25%` names, undefined for anything else. */
function percentOf(value: string): number | undefined {
  return /^[+-]?\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/**
 * A whole number as it is, a percentage of `total` rounded up or down (apimachinery pkg/util/intstr).
 * Throws a plain Error with upstream's text for anything else.
 */
export function scaledValue(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined)
    throw new Error(
      value.endsWith('%')
        ? `invalid value for IntOrString: invalid value "${value}": strconv.Atoi: parsing "${value.slice(0, -1)}": invalid syntax`
        : 'invalid value for IntOrString: invalid type: string is not a percentage',
    );
  const share = (percent * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** True for `25%`. */
export const isPercent = (value: IntOrString): boolean =>
  typeof value === 'string' && percentOf(value) !== undefined;
