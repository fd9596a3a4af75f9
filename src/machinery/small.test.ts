import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, backoffDelay } from './backoff.ts';
import type { Clock } from './clock.ts';
import {
  type Condition,
  findCondition,
  isConditionTrue,
  removeCondition,
  setCondition,
} from './conditions.ts';
import { formatDuration, humanDuration, parseDuration } from './duration.ts';
import { equal, semanticEqual } from './equality.ts';
import { deepFreeze } from './freeze.ts';
import { canonicalJson, fnv1a32, objectHash, safeEncode } from './hash.ts';
import { isPercent, scaledValue } from './intstr.ts';
import { generateName } from './names.ts';
import { quote } from './quote.ts';
import { seededRandom } from './random.ts';

const clockAt = (now: number): Clock => ({
  now: () => now,
  monotonic: () => now,
  timer: () => ({ cancel() {} }),
});

test('generated names keep their prefix up to 58 characters', () => {
  assert.match(generateName(seededRandom(1), 'web-'), /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  const long = generateName(seededRandom(1), 'a'.repeat(100));
  assert.equal(long.length, 63);
  assert.ok(long.startsWith('a'.repeat(58)));
});

test('percentages are rounded as asked, numbers stay', () => {
  assert.equal(scaledValue('25%', 10, 'up'), 3);
  assert.equal(scaledValue('25%', 10, 'down'), 2);
  assert.equal(scaledValue(4, 10, 'down'), 4);
  assert.equal(isPercent('25%'), true);
  assert.throws(() => scaledValue('4', 10, 'up'), {
    message: 'invalid value for IntOrString: invalid type: string is not a percentage',
  });
});

test('back-off doubles up to its limit and starts again after a reset', () => {
  const delays = backoff({ base: 5, max: 30 });
  assert.deepEqual([delays.next(), delays.next(), delays.next(), delays.next()], [5, 10, 20, 30]);
  delays.reset();
  assert.equal(delays.next(), 5);
  const jittered = backoffDelay({ base: 100, max: 1000, jitter: 0.5 }, 0, seededRandom(3));
  assert.ok(jittered >= 100 && jittered < 150);
  assert.equal(backoffDelay({ base: 5, max: 1e6 }, 100000), 1e6);
});

test('FNV-1a and the safe encoding have their known values', () => {
  assert.equal(fnv1a32(''), 0x811c9dc5);
  assert.equal(fnv1a32('a'), 0xe40c292c);
  assert.equal(fnv1a32('foobar'), 0xbf9cf968);
  assert.equal(safeEncode('0123456789'), '456789bcdf');
  assert.match(safeEncode('3164872530'), /^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
  assert.equal(objectHash({ a: 1, b: [2] }), objectHash({ b: [2], a: 1, c: undefined }));
  assert.notEqual(objectHash({ a: 1 }), objectHash({ a: 1 }, 1));
  assert.equal(canonicalJson({ b: null, a: ['x'] }), '{"a":["x"],"b":null}');
});

test('frozen objects are frozen all the way down', () => {
  const frozen = deepFreeze({ a: [{ b: 1 }] });
  assert.throws(() => {
    frozen.a[0]!.b = 2;
  }, TypeError);
});

test('semantic equality takes absent and empty as the same', () => {
  assert.equal(semanticEqual({ a: 1, labels: {} }, { a: 1 }), true);
  assert.equal(semanticEqual({ a: { list: [] } }, {}), false);
  assert.equal(semanticEqual({ a: null }, { a: [] }), true);
  assert.equal(semanticEqual({ a: 0 }, {}), false);
  assert.equal(equal({ a: [] }, {}), false);
  assert.equal(equal({ a: 1, b: undefined }, { a: 1 }), true);
  assert.equal(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true);
  assert.equal(equal({ a: [1] }, { a: { 0: 1 } }), false);
});

test('a condition keeps its time while its status stays', () => {
  const ready: Condition = { type: 'Ready', status: 'True', reason: 'Up' };
  const first = setCondition<Condition>(undefined, ready, clockAt(0));
  assert.equal(first[0]?.lastTransitionTime, '1970-01-01T00:00:00Z');
  assert.equal(setCondition(first, ready, clockAt(5000)), first);
  const other = setCondition(first, { ...ready, reason: 'Still' }, clockAt(5000));
  assert.equal(findCondition(other, 'Ready')?.lastTransitionTime, '1970-01-01T00:00:00Z');
  const down = setCondition(other, { ...ready, status: 'False' }, clockAt(5000));
  assert.equal(down[0]?.lastTransitionTime, '1970-01-01T00:00:05Z');
  assert.equal(isConditionTrue(down, 'Ready'), false);
  assert.deepEqual(removeCondition(down, 'Ready'), []);
});

test('durations read and print as in Go', () => {
  const table: [string, number, string][] = [
    ['1h15m30.5s', 4530500, '1h15m30.5s'],
    ['90s', 90000, '1m30s'],
    ['250ms', 250, '250ms'],
    ['1.5h', 5400000, '1h30m0s'],
    ['-2m', -120000, '-2m0s'],
    ['0', 0, '0s'],
    ['10us', 0.01, '10µs'],
  ];
  for (const [text, milliseconds, printed] of table) {
    assert.equal(parseDuration(text), milliseconds);
    assert.equal(formatDuration(milliseconds), printed);
  }
  assert.throws(() => parseDuration('5'), { message: 'time: missing unit in duration "5"' });
  assert.throws(() => parseDuration('abc'), { message: 'time: invalid duration "abc"' });
  assert.throws(() => parseDuration(''), { message: 'time: invalid duration ""' });
});

test('ages are short', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const table: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-1 * second, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [4 * minute + 12 * second, '4m12s'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [3 * day + 4 * hour, '3d4h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [760 * day, '2y30d'],
    [3000 * day, '8y'],
  ];
  for (const [milliseconds, text] of table) assert.equal(humanDuration(milliseconds), text);
});

test("quoting is Go's", () => {
  assert.equal(quote('a"b\\c\n'), '"a\\"b\\\\c\\n"');
  assert.equal(quote('é ü 日'), '"é ü 日"');
  assert.equal(quote('\u0001\u00a0\u200b'), '"\\x01\\u00a0\\u200b"');
});
