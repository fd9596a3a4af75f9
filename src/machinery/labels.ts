// Label selectors: compiled once, matched often (apimachinery pkg/labels/selector.go, v1.36).
import type { V1LabelSelector } from '../api/generated/types.ts';
import { labelKey, labelText } from './formats.ts';
import { quote } from './quote.ts';
import { StatusError } from './status-error.ts';

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export interface LabelSelector {
  readonly requirements: readonly Requirement[];
  /** True where it restricts nothing. */
  readonly empty: boolean;
  /** True where it can match nothing at all, as an absent selector does. */
  readonly nothing: boolean;
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** The only value it accepts for this label, if it names one. */
  exact(key: string): string | undefined;
  /** As upstream prints it in `kubectl get` and in messages. */
  toString(): string;
}

const noLabels: Readonly<Record<string, string>> = {};
const integer = /^[+-]?\d+$/;
const int64 = (text: string): bigint | undefined =>
  integer.test(text) ? BigInt(text.replace('+', '')) : undefined;

function compares(operator: 'gt' | 'lt', value: string, limit: string): boolean {
  const left = int64(value);
  const right = int64(limit);
  if (left === undefined || right === undefined) return false;
  return operator === 'gt' ? left > right : left < right;
}

function holds({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default:
      return value !== undefined && compares(operator, value, values[0] ?? '');
  }
}

const signs: Partial<Record<LabelOperator, string>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  gt: '>',
  lt: '<',
};

function print({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  const list = [...values].sort().join(',');
  return `${key}${signs[operator]}${operator === 'in' || operator === 'notin' ? `(${list})` : list}`;
}

class Requirements implements LabelSelector {
  readonly requirements: readonly Requirement[];
  readonly nothing = false;
  constructor(requirements: readonly Requirement[]) {
    this.requirements = requirements;
  }
  get empty(): boolean {
    return this.requirements.length === 0;
  }
  matches(labels: Readonly<Record<string, string>> | undefined): boolean {
    for (const requirement of this.requirements) if (!holds(requirement, labels ?? noLabels)) return false;
    return true;
  }
  exact(key: string): string | undefined {
    for (const requirement of this.requirements)
      if (requirement.key === key && ['=', '==', 'in'].includes(requirement.operator))
        return requirement.values.length === 1 ? requirement.values[0] : undefined;
    return undefined;
  }
  toString(): string {
    return this.requirements.map(print).join(',');
  }
}

/** Matches every object. */
export const everything: LabelSelector = new Requirements([]);

/** Matches no object. */
export const nothing: LabelSelector = {
  requirements: [],
  empty: false,
  nothing: true,
  matches: () => false,
  exact: () => undefined,
  toString: () => '',
};

const byKey = (a: Requirement, b: Requirement): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** A selector of checked requirements (see `requirement`). */
export const selectorOf = (requirements: readonly Requirement[]): LabelSelector =>
  requirements.length === 0 ? everything : new Requirements([...requirements].sort(byKey));

/** What Services and ReplicationControllers have: all of these labels. Empty or absent matches everything, as upstream's. */
export const selectorFromLabels = (labels: Readonly<Record<string, string>> | undefined): LabelSelector =>
  selectorOf(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })));

/** True if `labels` holds all of `wanted`. */
export function hasLabels(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  for (const key in wanted)
    if (labels === undefined || !Object.hasOwn(labels, key) || labels[key] !== wanted[key]) return false;
  return true;
}

/** What is wrong with a requirement, in upstream's words; `path` goes before each. */
function wrongs({ key, operator, values }: Requirement): string[] {
  const list: string[] = [];
  const shown = values.length === 0 ? '[]' : JSON.stringify(values);
  const key_ = labelKey(key);
  if (key_.length > 0) list.push(`key: Invalid value: ${quote(key)}: ${key_.join('; ')}`);
  const bad = (why: string): number => list.push(`values: Invalid value: ${shown}: ${why}`);
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    bad("for 'in', 'notin' operators, values set can't be empty");
  if ((operator === '=' || operator === '==' || operator === '!=') && values.length !== 1)
    bad('exact-match compatibility requires one single value');
  if ((operator === 'exists' || operator === '!') && values.length !== 0)
    bad('values set must be empty for exists and does not exist');
  if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) bad("for 'Gt', 'Lt' operators, exactly one value is required");
    values.forEach((value, i) => {
      if (int64(value) === undefined)
        list.push(
          `values[${i}]: Invalid value: ${quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
    });
  }
  values.forEach((value, i) => {
    const wrong = labelText(value);
    if (wrong.length > 0)
      list.push(`values[${i}][${key}]: Invalid value: ${quote(value)}: ${wrong.join('; ')}`);
  });
  return list;
}

/** A checked requirement; throws BadRequest with upstream's text. */
export function requirement(key: string, operator: LabelOperator, values: readonly string[]): Requirement {
  const made = { key, operator, values };
  const wrong = [...new Set(wrongs(made))];
  if (wrong.length === 0) return made;
  throw new StatusError('BadRequest', wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`);
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const compiled = new WeakMap<V1LabelSelector, LabelSelector>();

/**
 * The selector of an API object's LabelSelector; absent matches nothing, `{}` everything. Kept for each (shared, unchanging) object.
 * Throws BadRequest for one that validation would refuse.
 */
export function compileLabelSelector(selector: V1LabelSelector | undefined | null): LabelSelector {
  if (!selector) return nothing;
  const known = compiled.get(selector);
  if (known) return known;
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement(key, '=', [value]),
  );
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = objectOperators[operator];
    if (!known)
      throw new StatusError('BadRequest', `${quote(operator)} is not a valid label selector operator`);
    requirements.push(requirement(key, known, values ?? []));
  }
  const made = selectorOf(requirements);
  compiled.set(selector, made);
  return made;
}

/** As printed in columns and `describe`: `<none>` where it matches everything, `<error>` where it cannot be read. */
export function formatLabelSelector(selector: V1LabelSelector | undefined): string {
  try {
    return compileLabelSelector(selector).toString() || '<none>';
  } catch {
    return '<error>';
  }
}
