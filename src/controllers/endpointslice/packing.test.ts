import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Endpoint } from '../../api/generated/types.ts';
import { packSlices, type Slice } from './packing.ts';

const endpoint = (id: number, ready = true): V1Endpoint => ({
  addresses: [`10.0.0.${id}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', namespace: 'n', name: `p${id}` },
});
const range = (from: number, to: number): V1Endpoint[] =>
  Array.from({ length: to - from }, (_, i) => endpoint(from + i));
const slice = (name: string, endpoints: V1Endpoint[]): Slice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  addressType: 'IPv4',
  endpoints,
});

const pack = (existing: Slice[], desired: V1Endpoint[]) => {
  const { create, update, remove } = packSlices({
    existing,
    desired,
    maxPerSlice: 10,
    make: () => ({ addressType: 'IPv4' }),
    isCurrent: () => true,
    refresh: (given, endpoints) => ({ ...given, endpoints }),
  });
  return {
    create: create.map(({ endpoints }) => endpoints!.length),
    update: Object.fromEntries(update.map(({ metadata, endpoints }) => [metadata.name, endpoints!.length])),
    remove: remove.map(({ metadata }) => metadata.name),
  };
};

const rows: [what: string, existing: Slice[], desired: V1Endpoint[], result: ReturnType<typeof pack>][] = [
  ['nothing from nothing', [], [], { create: [], update: {}, remove: [] }],
  ['full slices first', [], range(0, 25), { create: [10, 10, 5], update: {}, remove: [] }],
  ['no change, no write', [slice('a', range(0, 7))], range(0, 7), { create: [], update: {}, remove: [] }],
  [
    'a changed condition writes its slice only',
    [slice('a', range(0, 7)), slice('b', range(7, 9))],
    [...range(0, 7), endpoint(7, false), endpoint(8)],
    { create: [], update: { b: 2 }, remove: [] },
  ],
  [
    'new ones go where something is written anyway',
    [slice('a', range(0, 9)), slice('b', range(10, 15))],
    [...range(0, 9), ...range(11, 15), endpoint(99)],
    { create: [], update: { b: 5 }, remove: [] },
  ],
  [
    'else where they fit best',
    [slice('a', range(0, 5)), slice('b', range(10, 18))],
    [...range(0, 5), ...range(10, 18), endpoint(98), endpoint(99)],
    { create: [], update: { b: 10 }, remove: [] },
  ],
  [
    'else in a new slice, though there are holes: one write instead of two',
    [slice('a', range(0, 9)), slice('b', range(10, 19))],
    [...range(0, 9), ...range(10, 19), ...range(90, 93)],
    { create: [3], update: {}, remove: [] },
  ],
  [
    'an emptied slice is used again',
    [slice('a', range(0, 5))],
    range(50, 53),
    { create: [], update: { a: 3 }, remove: [] },
  ],
  [
    'an emptied slice goes',
    [slice('a', range(0, 5)), slice('b', range(5, 6))],
    range(0, 5),
    { create: [], update: {}, remove: ['b'] },
  ],
];

for (const [what, existing, desired, result] of rows)
  test(`packing: ${what}`, () => assert.deepEqual(pack(existing, desired), result));
