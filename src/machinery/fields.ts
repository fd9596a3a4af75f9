// Field selectors (apimachinery pkg/fields/selector.go, v1.36).
import { StatusError } from './status-error.ts';

export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  /** `!=` instead of `=`. */
  readonly not: boolean;
}

export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
  readonly empty: boolean;
  /** `read` gives a field's value, empty where it is not set. */
  matches(read: (field: string) => string): boolean;
  /** The value that the field must equal, if it names one. */
  exact(field: string): string | undefined;
  toString(): string;
}

/** Makes any text usable as a value. */
export const escapeFieldValue = (text: string): string => text.replace(/[\\,=]/g, '\\$&');

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = '';
  const characters = [...text];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === '\\') {
      const next = characters[++i];
      if (next === undefined || !'\\,='.includes(next))
        throw new StatusError(
          'BadRequest',
          `invalid field selector: invalid escape sequence: \\${next ?? ''}`,
        );
      value += next;
    } else if (character === ',' || character === '=')
      throw new StatusError(
        'BadRequest',
        `invalid field selector: unescaped character in value: ${character.codePointAt(0)}`,
      );
    else value += character;
  }
  return value;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.filter(term => term !== '').sort();
}

const operator = /^(.*?)(!=|==|=)(.*)$/s;

/** A selector of these terms, all of which must hold. */
export const fieldSelectorOf = (terms: readonly FieldTerm[]): FieldSelector => ({
  terms,
  empty: terms.length === 0,
  matches: read => terms.every(({ field, value, not }) => (read(field) === value) !== not),
  exact: field => terms.find(term => term.field === field && !term.not)?.value,
  toString: () =>
    terms.map(({ field, value, not }) => `${field}${not ? '!=' : '='}${escapeFieldValue(value)}`).join(','),
});

/**
 * Reads `metadata.name=x,status.phase!=Running`; throws BadRequest with upstream's text. Which fields a kind has is for the caller:
 * for an unknown one upstream's text is `field label not supported: x`.
 */
export function parseFieldSelector(text: string): FieldSelector {
  return fieldSelectorOf(
    splitTerms(text).map(term => {
      const parts = operator.exec(term);
      if (!parts)
        throw new StatusError('BadRequest', `invalid selector: '${text}'; can't understand '${term}'`);
      return { field: parts[1]!, value: unescapeValue(parts[3]!), not: parts[2] === '!=' };
    }),
  );
}
