// Upstream's field errors (apimachinery pkg/util/validation/field/errors.go) as causes of a Status.
import { quote } from '../../machinery/quote.ts';
import type { V1StatusCause } from '../generated/types.ts';

const shown = (value: unknown): string =>
  value === undefined || value === null
    ? 'null'
    : typeof value === 'string'
      ? quote(value)
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);

const withDetail = (message: string, detail: string): string => (detail ? `${message}: ${detail}` : message);

/** Collects what is wrong, field by field, in order. */
export class Causes {
  readonly list: V1StatusCause[] = [];

  private add(reason: string, field: string, message: string): void {
    this.list.push({ reason, message, field });
  }

  required(field: string, detail = ''): void {
    this.add('FieldValueRequired', field, withDetail('Required value', detail));
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueInvalid', field, withDetail(`Invalid value: ${shown(value)}`, detail));
  }

  forbidden(field: string, detail: string): void {
    this.add('FieldValueForbidden', field, withDetail('Forbidden', detail));
  }

  duplicate(field: string, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`);
  }

  notFound(field: string, value: unknown): void {
    this.add('FieldValueNotFound', field, `Not found: ${shown(value)}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map(each => quote(each)).join(', ');
    this.add(
      'FieldValueNotSupported',
      field,
      withDetail(
        `Unsupported value: ${shown(value)}`,
        supported.length > 0 ? `supported values: ${list}` : '',
      ),
    );
  }

  tooLong(field: string, bytes: number): void {
    this.add('FieldValueTooLong', field, `Too long: may not be more than ${bytes} bytes`);
  }

  tooMany(field: string, count: number, most: number): void {
    this.add('FieldValueTooMany', field, `Too many: ${count}: must have at most ${most} items`);
  }

  /** Each message of a check of machinery/formats.ts. */
  each(field: string, value: unknown, messages: readonly string[]): void {
    for (const message of messages) this.invalid(field, value, message);
  }

  /** An enumeration: `required` where it is empty and must not be. */
  oneOf(field: string, value: string | undefined, supported: readonly string[], required = false): void {
    if (!value) {
      if (required) this.required(field);
    } else if (!supported.includes(value)) this.notSupported(field, value, supported);
  }

  nonNegative(field: string, value: number | undefined): void {
    if (value !== undefined && value < 0) this.invalid(field, value, 'must be greater than or equal to 0');
  }

  /** Says that the value is another than it was. */
  immutable(field: string, value: unknown): void {
    this.invalid(field, value, 'field is immutable');
  }
}

/** What a check collected. */
export function collect(check: (causes: Causes) => void): V1StatusCause[] {
  const causes = new Causes();
  check(causes);
  return causes.list;
}
