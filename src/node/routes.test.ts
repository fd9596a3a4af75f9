import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeCommands, wantedRoutes } from './routes.ts';

const node = (name: string, address: string, cidr?: string) => ({
  metadata: { name },
  spec: cidr ? { podCIDR: cidr, podCIDRs: [cidr] } : {},
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address },
    ],
  },
});

test('a node has routes to the Pods of the others, by their addresses', () => {
  const all = [
    node('a', '172.30.0.2', '10.244.0.0/24'),
    node('b', '172.30.0.3', '10.244.1.0/24'),
    node('c', '172.30.0.4'),
  ];
  assert.deepEqual([...wantedRoutes('a', all)], [['10.244.1.0/24', '172.30.0.3']]);
  assert.deepEqual([...wantedRoutes('c', all).keys()], ['10.244.0.0/24', '10.244.1.0/24']);
});

test('only what differs is changed', () => {
  const before = new Map([
    ['10.244.1.0/24', '172.30.0.3'],
    ['10.244.2.0/24', '172.30.0.4'],
  ]);
  const after = new Map([
    ['10.244.1.0/24', '172.30.0.9'],
    ['10.244.3.0/24', '172.30.0.5'],
  ]);
  assert.deepEqual(routeCommands(before, after), [
    'route del 10.244.2.0/24 via 172.30.0.4',
    'route replace 10.244.1.0/24 via 172.30.0.9',
    'route replace 10.244.3.0/24 via 172.30.0.5',
  ]);
  assert.deepEqual(routeCommands(after, after), []);
});
