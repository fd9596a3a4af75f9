import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeFieldValue, parseFieldSelector } from './fields.ts';

const pod: Record<string, string> = {
  'metadata.name': 'a',
  'status.phase': 'Running',
  'spec.note': 'x,y=z\\',
};
const read = (field: string): string => pod[field] ?? '';

const matches: [string, boolean][] = [
  ['', true],
  ['metadata.name=a', true],
  ['metadata.name==a', true],
  ['metadata.name!=a', false],
  ['metadata.name=a,status.phase!=Running', false],
  ['spec.nodeName=', true],
  [`spec.note=${escapeFieldValue('x,y=z\\')}`, true],
  [',,metadata.name=a,', true],
];
for (const [text, expected] of matches)
  test(`field selector "${text}" is ${expected}`, () =>
    assert.equal(parseFieldSelector(text).matches(read), expected));

const wrong: [string, string][] = [
  ['a', "invalid selector: 'a'; can't understand 'a'"],
  ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
  ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
];
for (const [text, message] of wrong)
  test(`field selector "${text}" is refused`, () =>
    assert.throws(() => parseFieldSelector(text), { message, code: 400 }));

test('prints canonically', () => {
  const selector = parseFieldSelector('b!=2,a==1\\,');
  assert.equal(selector.toString(), 'a=1\\,,b!=2');
  assert.equal(selector.exact('a'), '1,');
  assert.equal(selector.exact('b'), undefined);
});
