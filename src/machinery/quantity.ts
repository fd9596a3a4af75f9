// Amounts of resources: exact, with upstream's canonical texts (apimachinery pkg/api/resource, v1.36).

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** `nanos` is the amount in billionths: nothing on the wire is finer. Never changed once made. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** The text to print, where upstream keeps what was written. */
  readonly text?: string;
}

/** Thrown for a text that is no quantity; `message` is upstream's. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const pattern = /^([+-]?)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const formatMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const billion = 1_000_000_000n;
const largest = ((1n << 63n) - 1n) * billion;
/** Beyond this an exponent serves only to exhaust the server. */
const largestExponent = 1000;

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Unit {
  format: QuantityFormat;
  /** A power of 10, or of 2 for BinarySI. */
  exponent: number;
}

function unitOf(suffix: string): Unit | undefined {
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { format: 'DecimalSI', exponent: (decimal - 3) * 3 };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { format: 'BinarySI', exponent: binary * 10 };
  if (!/^[eE][-+]?\d+$/.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  return Math.abs(exponent) > largestExponent ? undefined : { format: 'DecimalExponent', exponent };
}

/** Division away from zero: whoever asks for very little shall have something. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  const rest = value % by;
  return rest === 0n ? quotient : value < 0n ? quotient - 1n : quotient + 1n;
}

/** True where upstream keeps the text as written, because its fast path takes it for canonical. */
function keepsText(unit: Unit, digits: string, fraction: string): boolean {
  if (unit.format === 'BinarySI')
    return (
      fraction === '' &&
      14 - digits.length - Math.floor((unit.exponent * 3) / 10) >= 0 &&
      (BigInt(digits) & 7n) !== 0n
    );
  const all = digits + fraction;
  const scale = unit.exponent - fraction.length;
  return all.length <= 18 && scale >= -9 && scale % 3 === 0 && !all.endsWith('000') && all[0] !== '0';
}

function read(text: string): Quantity {
  const parts = pattern.exec(text);
  if (!parts || text === '') throw new QuantityError(formatMessage);
  const [, sign, whole = '', , fraction = '', suffix = ''] = parts;
  const unit = unitOf(suffix);
  if (!unit) throw new QuantityError("unable to parse quantity's suffix");
  if (text === '.' || (whole === '' && fraction === ''))
    throw new QuantityError(suffix === text ? formatMessage : 'unable to parse numeric part of quantity');
  const digits = whole.replace(/^0+/, '') || '0';
  let amount = BigInt(digits + fraction);
  if (unit.format === 'BinarySI')
    amount = divideUp(amount * (1n << BigInt(unit.exponent)) * billion, 10n ** BigInt(fraction.length));
  else {
    const scale = unit.exponent - fraction.length + 9;
    amount = scale >= 0 ? amount * 10n ** BigInt(scale) : divideUp(amount, 10n ** BigInt(-scale));
  }
  let { format } = unit;
  if (format === 'BinarySI' && amount > largest) amount = largest;
  const kept = amount !== 0n && keepsText(unit, digits, fraction);
  if (format === 'BinarySI' && amount > 0n && amount < billion) format = 'DecimalSI';
  return { nanos: sign === '-' ? -amount : amount, format, ...(kept ? { text } : {}) };
}

const remembered = new Map<string, Quantity>();
const rememberedLimit = 2000;

/** Reads a quantity as JSON has it; throws QuantityError. */
export function parseQuantity(value: string | number): Quantity {
  const text = typeof value === 'number' ? String(value) : value.trim();
  const known = remembered.get(text);
  if (known) return known;
  const made = read(text);
  if (remembered.size >= rememberedLimit) remembered.clear();
  remembered.set(text, made);
  return made;
}

/** The whole number `value` in a format. */
export const quantityOf = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  nanos: BigInt(value) * billion,
  format,
});

/** `value` thousandths: 250 is `250m`. */
export const milliQuantity = (value: number | bigint): Quantity => ({
  nanos: BigInt(value) * 1_000_000n,
  format: 'DecimalSI',
});

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

function decimal(nanos: bigint, format: QuantityFormat): string {
  let step = 0;
  let amount = nanos;
  const last = format === 'DecimalExponent' ? 400 : decimalSuffixes.length - 1;
  while (step < last && amount % 1000n === 0n) {
    amount /= 1000n;
    step++;
  }
  if (format === 'DecimalSI') return `${amount}${decimalSuffixes[step]}`;
  return step === 3 ? `${amount}` : `${amount}e${(step - 3) * 3}`;
}

/** The canonical text, as the API server answers. */
export function formatQuantity({ nanos, format, text }: Quantity): string {
  if (text !== undefined) return text;
  if (nanos === 0n) return '0';
  if (format !== 'BinarySI') return decimal(nanos, format);
  const small = nanos > -1024n * billion && nanos < 1024n * billion;
  if (small || nanos % billion !== 0n) return decimal(nanos, 'DecimalSI');
  let amount = nanos / billion;
  let step = 0;
  while (step < binarySuffixes.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    step++;
  }
  return `${amount}${binarySuffixes[step]}`;
}

/** Canonical text of what JSON holds; throws QuantityError. */
export const canonicalQuantity = (value: string | number): string => formatQuantity(parseQuantity(value));

/** Negative, zero or positive. */
export const compareQuantities = (a: Quantity, b: Quantity): number =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

/** A zero takes the other's format, as upstream. */
export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos - b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

/** Whole units, rounded away from zero (upstream's `Value`). */
export const quantityValue = (quantity: Quantity): number => Number(divideUp(quantity.nanos, billion));

/** Thousandths, rounded away from zero (upstream's `MilliValue`). */
export const quantityMilliValue = (quantity: Quantity): number =>
  Number(divideUp(quantity.nanos, 1_000_000n));
