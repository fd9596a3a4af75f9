import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf } from './decode.ts';
import { fieldsOf, signed } from './wire.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g)!, pair => Number.parseInt(pair, 16));

test('what kubectl sends for a ConfigMap', () => {
  const sent = bytes(
    '6b3873000a0f0a02763112' +
      '09436f6e6669674d6170' +
      '121b0a110a0161120' +
      '01a0022002a00320038004200' +
      '12060a0178120131' +
      '1a002200',
  );
  const object = decodeProtobuf(sent, (_, kind) => `V1${kind}`);
  assert.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: { x: '1' },
  });
});

test('bytes that are no such body are refused', () => {
  const model = (): string => 'V1ConfigMap';
  assert.throws(() => decodeProtobuf(bytes('7b7d'), model), /expected prefix \[107 56 115 0\]/);
  assert.throws(() => decodeProtobuf(bytes('6b387300' + '0aff'), model), /unexpected EOF/);
  assert.throws(() => decodeProtobuf(bytes('6b387300'), () => undefined), /no kind "" is registered/);
});

test('negative numbers, and fields nobody knows', () => {
  const minusOne = [...fieldsOf(bytes('08ffffffffffffffffff01'))][0]!;
  assert.deepEqual(minusOne, { number: 1, value: -1 });
  assert.equal(signed(2n ** 62n), 2n ** 62n);
  const envelope = (raw: string) =>
    bytes(`6b38730012${(raw.length / 2).toString(16).padStart(2, '0')}${raw}`);
  // Field 99 of an empty ConfigMap.
  assert.deepEqual(
    decodeProtobuf(envelope('9a0600'), () => 'V1ConfigMap'),
    { apiVersion: '', kind: '' },
  );
});
