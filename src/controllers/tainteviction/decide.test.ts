import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Toleration } from '../../api/generated/types.ts';
import { secondsToStay } from './decide.ts';

const gone = { key: 'gone', effect: 'NoExecute' };
const broken = { key: 'broken', value: 'disk', effect: 'NoExecute' };
const forever = Number.POSITIVE_INFINITY;

const rows: [what: string, tolerations: V1Toleration[], seconds: number][] = [
  ['no toleration', [], 0],
  ['only one of two taints', [{ key: 'gone', operator: 'Exists' }], 0],
  ['both for ever', [{ operator: 'Exists' }], forever],
  [
    'the shortest time counts',
    [{ operator: 'Exists' }, { key: 'gone', operator: 'Exists', tolerationSeconds: 60 }],
    60,
  ],
  [
    'by value',
    [
      { key: 'gone', operator: 'Exists' },
      { key: 'broken', value: 'disk' },
    ],
    forever,
  ],
  [
    'by another value',
    [
      { key: 'gone', operator: 'Exists' },
      { key: 'broken', value: 'fan' },
    ],
    0,
  ],
  ['for another effect', [{ operator: 'Exists', effect: 'NoSchedule' }], 0],
  ['a negative time is none', [{ operator: 'Exists', tolerationSeconds: -5 }], 0],
];

for (const [what, tolerations, seconds] of rows)
  test(`stays on a tainted node: ${what}`, () =>
    assert.equal(secondsToStay({ spec: { containers: [], tolerations } }, [gone, broken]), seconds));

test('taints that only keep new Pods away evict nobody', () =>
  assert.equal(
    secondsToStay({ spec: { containers: [] } }, [{ key: 'full', effect: 'NoSchedule' }]),
    forever,
  ));
