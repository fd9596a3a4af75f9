import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileLabelSelector, formatLabelSelector, hasLabels, selectorFromLabels } from './labels.ts';
import { parseLabelSelector } from './labels-parse.ts';

const labels = { app: 'web', tier: 'front', 'example.com/size': '12', in: 'notin', empty: '' };

const matches: [string, boolean][] = [
  ['', true],
  ['app', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier=front', true],
  ['app!=web', false],
  ['other!=web', true],
  ['!other', true],
  ['!app', false],
  ['! app', false],
  ['app in (web, api)', true],
  ['app in (api)', false],
  ['app notin (api)', true],
  ['other notin (api)', true],
  ['other in ()', false],
  ['empty in ()', true],
  ['empty=', true],
  ['empty=,app=web', true],
  ['empty in (,a)', true],
  ['empty in (a,)', true],
  ['empty in (a,,b)', true],
  ['example.com/size>11', true],
  ['example.com/size>12', false],
  ['example.com/size<13', true],
  ['app>1', false],
  ['in in (notin)', true],
  ['in=notin', true],
  ['toString', false],
  ['constructor!=a', true],
];
for (const [text, expected] of matches)
  test(`label selector "${text}" ${expected ? 'matches' : 'does not match'}`, () =>
    assert.equal(parseLabelSelector(text).matches(labels), expected));

const wrong: [string, string][] = [
  [',', "found ',', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['!a in (b)', "found 'in', expected: ',' or 'end of string'"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
  ['a=(b)', "unable to parse requirement: found '(', expected: identifier"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  [
    'a>b',
    `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  [
    '-a=b',
    `unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ],
  [
    'a=-',
    `unable to parse requirement: values[0][a]: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  ],
];
for (const [text, message] of wrong)
  test(`label selector "${text}" is refused`, () =>
    assert.throws(() => parseLabelSelector(text), { message, code: 400 }));

test('selectors print in the order of their keys', () => {
  assert.equal(parseLabelSelector('z=1,b in (y,x),!c,d>3,a').toString(), 'a,b in (x,y),!c,d>3,z=1');
  assert.equal(
    formatLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['b', 'a'] }],
    }),
    'app=web,tier notin (a,b)',
  );
  assert.equal(formatLabelSelector({}), '<none>');
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), '<error>');
});

test('an absent selector object matches nothing, an empty one everything', () => {
  assert.equal(compileLabelSelector(undefined).matches(labels), false);
  assert.equal(compileLabelSelector({}).matches(undefined), true);
  const both = compileLabelSelector({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'other', operator: 'DoesNotExist' },
    ],
  });
  assert.equal(both.matches(labels), true);
  assert.equal(both.matches({ app: 'web' }), false);
  assert.equal(both.exact('app'), 'web');
  assert.throws(() => compileLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), {
    message: '"Like" is not a valid label selector operator',
  });
});

test('a Service selector holds when all its labels do', () => {
  assert.equal(selectorFromLabels({ app: 'web', tier: 'front' }).matches(labels), true);
  assert.equal(hasLabels(labels, { app: 'web', tier: 'back' }), false);
  assert.equal(hasLabels(undefined, {}), true);
});
