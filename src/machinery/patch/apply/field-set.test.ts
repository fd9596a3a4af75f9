import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, fromFieldsV1, intersection, pathText, setOf, toFieldsV1, union } from './field-set.ts';

const wire = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} }, 'f:finalizers': { '.': {}, 'v:"a/b"': {} } },
  'f:spec': { 'f:ports': { 'k:{"protocol":"TCP","port":80}': { '.': {}, 'f:port': {} }, 'i:0': {} } },
};

test('FieldsV1 reads and writes, with canonical keys and order', () => {
  const set = fromFieldsV1(wire);
  assert.equal(
    JSON.stringify(toFieldsV1(set)),
    '{"f:metadata":{"f:finalizers":{".":{},"v:\\"a/b\\"":{}},"f:labels":{".":{},"f:app":{}}},' +
      '"f:spec":{"f:ports":{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{}},"i:0":{}}}}',
  );
  assert.deepEqual([...set.paths()].map(pathText), [
    '.metadata.finalizers',
    '.metadata.finalizers[="a/b"]',
    '.metadata.labels',
    '.metadata.labels.app',
    '.spec.ports[port=80,protocol="TCP"]',
    '.spec.ports[port=80,protocol="TCP"].port',
    '.spec.ports[0]',
  ]);
  assert.throws(() => fromFieldsV1({ 'x:a': {} }), /unknown path element type/);
  assert.throws(() => fromFieldsV1({ 'k:{': {} }));
});

test('operations on sets give an operand back where nothing changes', () => {
  const a = setOf(['f:a'], ['f:a', 'f:b'], ['f:c', 'f:d']);
  const b = setOf(['f:a', 'f:b'], ['f:e']);
  assert.deepEqual([...union(a, b).paths()].map(pathText), ['.a', '.a.b', '.c.d', '.e']);
  assert.deepEqual([...intersection(a, b).paths()].map(pathText), ['.a.b']);
  assert.deepEqual([...difference(a, b).paths()].map(pathText), ['.a', '.c.d']);
  assert.deepEqual([...difference(a, setOf(['f:a'])).paths()].map(pathText), ['.a.b', '.c.d']);
  assert.deepEqual([...difference(a, setOf(['f:a']), true).paths()].map(pathText), ['.c.d']);
  assert.equal(union(a, setOf(['f:a', 'f:b'])), a);
  assert.equal(difference(a, setOf(['f:z'])), a);
});
