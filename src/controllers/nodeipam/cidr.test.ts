import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr, overlaps, parseCidr, partOf } from './cidr.ts';

test('ranges are read and written in their canonical form', () => {
  for (const [text, canonical] of [
    ['10.244.7.9/16', '10.244.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['fd00:10:244::/56', 'fd00:10:244::/56'],
    ['2001:db8:0:0:1:0:0:1/128', '2001:db8::1:0:0:1/128'],
    ['::/0', '::/0'],
    ['::1/128', '::1/128'],
  ] as const)
    assert.equal(formatCidr(parseCidr(text)!), canonical);
  for (const text of [
    '10.0.0.0',
    '10.0.0/8',
    '10.0.0.256/8',
    '10.0.0.0/33',
    'fd00::1::/64',
    '1:2:3/64',
    ':::/0',
    '',
  ])
    assert.equal(parseCidr(text), undefined, text);
});

test('parts of a range are distinct, in order, and end with it', () => {
  const range = parseCidr('10.244.0.0/16')!;
  assert.equal(formatCidr(partOf(range, 24, 0)!), '10.244.0.0/24');
  assert.equal(formatCidr(partOf(range, 24, 255)!), '10.244.255.0/24');
  assert.equal(partOf(range, 24, 256), undefined);
  assert.equal(formatCidr(partOf(parseCidr('fd00::/48')!, 64, 65535)!), 'fd00:0:0:ffff::/64');
  assert.equal(overlaps(range, parseCidr('10.244.3.0/24')!), true);
  assert.equal(overlaps(range, parseCidr('10.245.0.0/16')!), false);
});
