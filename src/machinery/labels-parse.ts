// The text form of label selectors, as in `kubectl get -l` and the labelSelector parameter, with upstream's error texts.
import { labelKey } from './formats.ts';
import {
  type LabelOperator,
  type LabelSelector,
  type Requirement,
  requirement,
  selectorOf,
} from './labels.ts';
import { quote } from './quote.ts';
import { StatusError } from './status-error.ts';

type Kind = 'end' | 'error' | 'identifier' | ')' | '(' | ',' | LabelOperator;
interface Token {
  kind: Kind;
  text: string;
}

const symbols: Readonly<Record<string, Kind>> = {
  ')': ')',
  ',': ',',
  '!': '!',
  '==': '==',
  '=': '=',
  '>': 'gt',
  '<': 'lt',
  '!=': '!=',
  '(': '(',
};
const special = '=!(),><';
const space = ' \t\r\n';
const binaryOperators = 'in, notin, =, ==, !=, gt, lt';

function symbolAt(text: string, from: number): { token: Token; end: number } {
  let found: Token | undefined;
  let end = from;
  let taken = '';
  while (end < text.length && special.includes(text[end]!)) {
    const longer = taken + text[end];
    const kind = symbols[longer];
    if (kind) found = { kind, text: longer };
    else if (found) break;
    taken = longer;
    end++;
  }
  return { token: found ?? { kind: 'error', text: `error expected: keyword found '${taken}'` }, end };
}

function tokens(text: string): Token[] {
  const list: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (space.includes(text[at]!)) at++;
    else if (special.includes(text[at]!)) {
      const { token, end } = symbolAt(text, at);
      list.push(token);
      at = end;
    } else {
      let end = at;
      while (end < text.length && !special.includes(text[end]!) && !space.includes(text[end]!)) end++;
      const word = text.slice(at, end);
      list.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      at = end;
    }
  }
  list.push({ kind: 'end', text: '' });
  return list;
}

const refuse = (text: string): StatusError => new StatusError('BadRequest', text);

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  /** `in` and `notin` are plain words except where an operator is expected. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end', text: '' };
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token;
  }
  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
  #takeOperator(): Token {
    return this.#tokens[this.#at++] ?? { kind: 'end', text: '' };
  }

  parse(): Requirement[] {
    const list: Requirement[] = [];
    while (true) {
      const { kind, text } = this.#peek();
      if (kind === 'end') return list;
      if (kind !== 'identifier' && kind !== '!')
        throw refuse(`found '${text}', expected: !, identifier, or 'end of string'`);
      try {
        list.push(this.#requirement());
      } catch (error) {
        throw refuse(`unable to parse requirement: ${(error as Error).message}`);
      }
      const after = this.#take();
      if (after.kind === 'end') return list;
      if (after.kind !== ',') throw refuse(`found '${after.text}', expected: ',' or 'end of string'`);
      const next = this.#peek();
      if (next.kind !== 'identifier' && next.kind !== '!')
        throw refuse(`found '${next.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const absent = token.kind === '!';
    if (absent) token = this.#take();
    if (token.kind !== 'identifier') throw refuse(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const wrong = labelKey(key);
    // Upstream has no path at this place, and prints the missing one.
    if (wrong.length > 0) throw refuse(`<nil>: Invalid value: ${quote(key)}: ${wrong.join('; ')}`);
    const next = this.#peek().kind;
    if (absent) return requirement(key, '!', []);
    if (next === 'end' || next === ',') return requirement(key, 'exists', []);
    const operator = this.#takeOperator();
    switch (operator.kind) {
      case 'in':
      case 'notin':
        return requirement(key, operator.kind, this.#values());
      case '=':
      case '==':
      case '!=':
      case 'gt':
      case 'lt':
        return requirement(key, operator.kind, [this.#value()]);
      default:
        throw refuse(`found '${operator.text}', expected: ${binaryOperators}`);
    }
  }

  #value(): string {
    const { kind } = this.#peek();
    if (kind === 'end' || kind === ',') return '';
    const token = this.#take();
    if (token.kind !== 'identifier') throw refuse(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw refuse(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',')
      throw refuse(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#list();
    this.#take();
    return [...values].sort();
  }

  /** Up to the closing parenthesis, which it leaves; `(,a)` and `(a,)` hold the empty value too. */
  #list(): Set<string> {
    const values = new Set<string>();
    while (true) {
      const { kind, text } = this.#take();
      const next = this.#peek();
      if (kind === 'identifier') {
        values.add(text);
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw refuse(`found '${next.text}', expected: ',' or ')'`);
      } else if (kind === ',') {
        if (values.size === 0 || next.kind === ')' || next.kind === ',') values.add('');
        if (next.kind === ')') return values;
      } else throw refuse(`found '${text}', expected: ',', or identifier`);
    }
  }
}

/** Reads `a=b,c in (d,e),!f`; throws BadRequest with upstream's text. */
export const parseLabelSelector = (text: string): LabelSelector => selectorOf(new Parser(text).parse());
