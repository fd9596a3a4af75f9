import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from '../freeze.ts';
import { applyMergePatch } from './merge.ts';

const table: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
];
for (const [current, patch, expected] of table)
  test(`merge patch ${JSON.stringify(patch)} on ${JSON.stringify(current)}`, () =>
    assert.deepEqual(applyMergePatch(deepFreeze(current as object), deepFreeze(patch)), expected));

test('what a merge patch leaves alone is shared, and nothing changed is the same object', () => {
  const current = deepFreeze({ a: { b: 1 }, c: { d: [1] } });
  const result = applyMergePatch(current, { a: { b: 2 } });
  assert.equal(result.c, current.c);
  assert.equal(applyMergePatch(current, { a: { b: 1, z: null } }), current);
  assert.throws(() => applyMergePatch(current, []), { code: 400 });
});
