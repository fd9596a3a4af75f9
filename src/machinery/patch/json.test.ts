import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from '../freeze.ts';
import { StatusError } from '../status-error.ts';
import { applyJsonPatch, unknownJsonPatchFields } from './json.ts';

const document = deepFreeze({
  kind: 'Pod',
  metadata: { name: 'a', labels: { app: 'web' } },
  spec: { list: [1, 2, 3], untouched: { deep: true } },
});

const good: [string, unknown[], unknown][] = [
  ['add a field', [{ op: 'add', path: '/metadata/labels/x', value: '1' }], { app: 'web', x: '1' }],
  [
    'replace makes a field that is missing',
    [{ op: 'replace', path: '/metadata/labels/y', value: '2' }],
    { app: 'web', y: '2' },
  ],
  ['remove a field', [{ op: 'remove', path: '/metadata/labels/app' }], {}],
  [
    'escaped keys',
    [{ op: 'add', path: '/metadata/labels/a.b~1c~0d', value: 'v' }],
    { app: 'web', 'a.b/c~d': 'v' },
  ],
  ['move', [{ op: 'move', from: '/metadata/labels/app', path: '/metadata/labels/b' }], { b: 'web' }],
  [
    'copy',
    [{ op: 'copy', from: '/metadata/labels/app', path: '/metadata/labels/b' }],
    { app: 'web', b: 'web' },
  ],
  ['test that holds', [{ op: 'test', path: '/spec/list', value: [1, 2, 3] }], { app: 'web' }],
  ['test for absence', [{ op: 'test', path: '/spec/none', value: null }], { app: 'web' }],
  [
    'a key called __proto__',
    [{ op: 'add', path: '/metadata/labels/__proto__', value: 'p' }],
    JSON.parse('{"app":"web","__proto__":"p"}'),
  ],
];
for (const [what, patch, labels] of good)
  test(`JSON patch: ${what}`, () => {
    const result = applyJsonPatch(document, patch);
    assert.equal(JSON.stringify(result.metadata.labels), JSON.stringify(labels));
    assert.equal(result.spec, document.spec);
  });

const lists: [string, unknown[], unknown[]][] = [
  ['insert', [{ op: 'add', path: '/spec/list/1', value: 9 }], [1, 9, 2, 3]],
  [
    'append',
    [
      { op: 'add', path: '/spec/list/-', value: 9 },
      { op: 'add', path: '/spec/list/4', value: 8 },
    ],
    [1, 2, 3, 9, 8],
  ],
  ['negative index', [{ op: 'remove', path: '/spec/list/-1' }], [1, 2]],
  ['replace', [{ op: 'replace', path: '/spec/list/0', value: 7 }], [7, 2, 3]],
];
for (const [what, patch, list] of lists)
  test(`JSON patch of a list: ${what}`, () => {
    const result = applyJsonPatch(document, patch);
    assert.deepEqual(result.spec.list, list);
    assert.equal(result.spec.untouched, document.spec.untouched);
  });

const bad: [unknown[], RegExp][] = [
  [[{ op: 'test', path: '/kind', value: 'Node' }], /testing value \/kind failed: test failed/],
  [[{ op: 'remove', path: '/metadata/labels/none' }], /nonexistent key: none/],
  [[{ op: 'add', path: '/a/b', value: 1 }], /missing path: "\/a\/b"/],
  [[{ op: 'add', path: '/spec/list/9', value: 1 }], /invalid index: 9/],
  [[{ op: 'replace', path: '/spec/list/x', value: 1 }], /invalid syntax/],
  [[{ op: 'jump', path: '/a' }], /Unexpected kind: jump/],
  [[{ op: 'add', value: 1 }], /missing path field/],
  [[{ op: 'add', path: '/constructor/prototype/x', value: 1 }], /missing path/],
];
for (const [patch, cause] of bad)
  test(`JSON patch ${JSON.stringify(patch)} gets the bare 422`, () =>
    assert.throws(
      () => applyJsonPatch(document, patch),
      error =>
        error instanceof StatusError &&
        error.code === 422 &&
        error.message === 'the server rejected our request due to an error in our request' &&
        cause.test((error.cause as Error).message),
    ));

test('what is no JSON patch is refused as such, and so are too many operations', () => {
  assert.throws(() => applyJsonPatch(document, {}), {
    code: 400,
    message:
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  });
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'Pod' }));
  assert.throws(() => applyJsonPatch(document, many), {
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  });
  const doubling = [
    { op: 'add', path: '/x', value: 'x'.repeat(1000) },
    ...Array.from({ length: 30 }, (_, i) => ({ op: 'add', path: `/x${i}`, value: {} })).flatMap((op, i) => [
      op,
      { op: 'copy', from: i ? `/x${i - 1}` : '/x', path: `/x${i}/a` },
      { op: 'copy', from: i ? `/x${i - 1}` : '/x', path: `/x${i}/b` },
    ]),
  ];
  assert.throws(() => applyJsonPatch(document, doubling), { code: 422 });
  assert.deepEqual(unknownJsonPatchFields([{ op: 'add', path: '/a', values: 1 }]), [
    'json patch unknown field "[0].values"',
  ]);
});
