import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from './proto-schema.ts';
import { decode, encode } from './protobuf.ts';

const schema = `
service Things { rpc Get(Thing) returns (stream Thing); }
enum Color { RED = 0; BLUE = 2; }
message Thing {
  enum Inner { A = 0; B = 1; }
  string name = 1;
  int64 number = 2;
  repeated string words = 3;
  map<string, string> labels = 4;
  Color color = 5;
  Thing child = 6;
  repeated int64 numbers = 17; // far enough for a tag of two bytes
  bytes raw = 8;
  bool yes = 9;
  Inner inner = 10;
}`;
const { request: Thing, path } = parseSchema('test.v1', schema).get('Things/Get')!;

const empty = {
  name: '',
  number: 0,
  words: [],
  labels: {},
  color: 'RED',
  child: null,
  numbers: [],
  raw: Buffer.alloc(0),
  yes: false,
  inner: 'A',
};

test('an empty message has all defaults', () => {
  assert.equal(path, '/test.v1.Things/Get');
  assert.deepEqual(decode(Thing, Buffer.alloc(0)), empty);
  assert.equal(encode(Thing, empty).length, 0);
});

test('values come back as they were', () => {
  const value = {
    ...empty,
    name: 'größe',
    number: -997,
    words: ['', 'a', 'b'.repeat(1000)],
    labels: { app: 'web', 'a/b': '' },
    color: 'BLUE',
    child: { ...empty, name: 'inner', number: 2 ** 40 },
    numbers: [0, 1, 300, -1, 2 ** 33],
    raw: Buffer.from([0, 255]),
    yes: true,
    inner: 'B',
  };
  assert.deepEqual(decode(Thing, encode(Thing, value)), value);
});

test('bytes are those of the specification', () => {
  assert.equal(encode(Thing, { number: 150 }).toString('hex'), '109601');
  assert.equal(encode(Thing, { name: 'testing' }).toString('hex'), '0a0774657374696e67');
  assert.equal(encode(Thing, { number: -1 }).toString('hex'), '10ffffffffffffffffff01');
  // Packed numbers, and fields of every wire type that are not known.
  const packed = Buffer.from(
    '8a0103030405' + '9801' + '07' + 'a201' + '0161' + 'a901' + '0000000000000000' + 'b501' + '00000000',
    'hex',
  );
  assert.deepEqual(decode(Thing, packed).numbers, [3, 4, 5]);
});

test('a message that is cut off is refused', () => {
  assert.throws(() => decode(Thing, Buffer.from('0a05', 'hex')), RangeError);
  assert.throws(() => decode(Thing, Buffer.from('1080', 'hex')), RangeError);
  assert.throws(() => encode(Thing, { color: 'GREEN' }), TypeError);
  assert.throws(() => parseSchema('p', 'message A { B b = 1; }'), SyntaxError);
});
