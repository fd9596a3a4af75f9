import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  QuantityError,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

const canonical: [string | number, string][] = [
  ['0', '0'],
  ['0Gi', '0'],
  ['-0', '0'],
  ['1', '1'],
  [1, '1'],
  [0.5, '500m'],
  ['0.1', '100m'],
  ['100m', '100m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1.5', '1500m'],
  ['.5', '500m'],
  ['1.', '1.'],
  ['128Mi', '128Mi'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['0.5Mi', '512Ki'],
  ['1025Ki', '1025Ki'],
  ['1000Ki', '1000Ki'],
  ['1048576Ki', '1Gi'],
  ['16326520Ki', '16326520Ki'],
  ['0.01Ki', '10240m'],
  ['1000k', '1M'],
  ['12e6', '12e6'],
  ['12E6', '12E6'],
  ['12e2', '1200'],
  ['1e3', '1e3'],
  ['1000e3', '1e6'],
  ['100000e-3', '100'],
  ['1234567890', '1234567890'],
  ['1G', '1G'],
  ['1000000000', '1G'],
  ['0.0000000001', '1n'],
  ['1.0000000001', '1000000001n'],
  ['-1.0000000001', '-1000000001n'],
  ['-500m', '-500m'],
  ['8Ei', '9223372036854775807'],
  ['1E', '1E'],
];
for (const [written, expected] of canonical)
  test(`quantity ${written} is printed as ${expected}`, () =>
    assert.equal(canonicalQuantity(written), expected));

const wrong: [string, RegExp][] = [
  ['', /must match the regular expression/],
  ['1 Gi', /must match the regular expression/],
  ['abc', /must match the regular expression/],
  ['1gi', /must match the regular expression/],
  ['1.2.3', /must match the regular expression/],
  ['1ki', /unable to parse quantity's suffix/],
  ['1mm', /unable to parse quantity's suffix/],
  ['1MiB', /must match the regular expression/],
  ['1e', /unable to parse quantity's suffix/],
];
for (const [written, message] of wrong)
  test(`quantity ${JSON.stringify(written)} is refused`, () =>
    assert.throws(
      () => parseQuantity(written),
      error => error instanceof QuantityError && message.test(error.message),
    ));

test('sums keep the format of what was there, a zero takes the other one', () => {
  const sum = (a: string, b: string): string =>
    formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));
  assert.equal(sum('100m', '900m'), '1');
  assert.equal(sum('0', '1Gi'), '1Gi');
  assert.equal(sum('1Gi', '1G'), '2073741824');
  assert.equal(sum('512Mi', '512Mi'), '1Gi');
  assert.equal(formatQuantity(subtractQuantities(parseQuantity('2'), parseQuantity('500m'))), '1500m');
  assert.equal(formatQuantity(quantityOf(4 * 1024 ** 3, 'BinarySI')), '4Gi');
});

test('different texts of one amount are equal, and values round up', () => {
  assert.equal(compareQuantities(parseQuantity('1'), parseQuantity('1000m')), 0);
  assert.ok(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')) > 0);
  assert.equal(quantityValue(parseQuantity('100m')), 1);
  assert.equal(quantityValue(parseQuantity('-100m')), -1);
  assert.equal(quantityMilliValue(parseQuantity('1.5')), 1500);
  assert.equal(quantityMilliValue(parseQuantity('1u')), 1);
  assert.equal(quantityValue(parseQuantity('64Mi')), 67108864);
});
