import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectationsOf, parseFlows, removeStaleFlows, staleFlows } from './conntrack.ts';
import type { ServicePort } from './model/types.ts';

const dns = (serving: string[]): ServicePort => ({
  service: 'kube-system/dns',
  name: 'dns',
  protocol: 'UDP',
  port: 53,
  clusterIP: '10.96.0.10',
  nodePort: 30053,
  externalIPs: [],
  balancerIPs: [],
  sourceRanges: [],
  affinitySeconds: 0,
  internalLocal: false,
  externalLocal: false,
  cluster: [],
  local: [],
  anywhere: serving.length > 0,
  serving,
});
const change = (before: string[] | undefined, after: string[] | undefined) => ({
  service: 'kube-system/dns',
  before: before ? [dns(before)] : [],
  after: after ? [dns(after)] : [],
});

const line = (client: string, to: string, from: string): string => {
  const [dst, dport] = to.split(' ');
  const [src, sport] = from.split(' ');
  return `udp      17 20 src=${client} dst=${dst} sport=4000 dport=${dport} [UNREPLIED] src=${src} dst=${client} sport=${sport} dport=4000 mark=0 use=1`;
};
const listing = [
  line('10.244.0.9', '10.96.0.10 53', '10.244.0.2 53'),
  line('10.244.0.8', '10.96.0.10 53', '10.244.0.3 53'),
  line('10.244.0.7', '10.96.0.10 53', '10.96.0.10 53'),
  line('192.168.0.1', '192.168.0.2 30053', '10.244.0.2 53'),
  line('192.168.0.1', '8.8.8.8 30053', '8.8.8.8 30053'),
  line('10.244.0.9', '10.96.0.11 53', '10.244.0.2 53'),
  'conntrack v1.4.7 (conntrack-tools): 6 flow entries have been shown.',
].join('\n');

const stale = (before: string[] | undefined, after: string[] | undefined): string[] =>
  staleFlows(parseFlows(listing), expectationsOf([change(before, after)]), ['192.168.0.2']).map(
    ({ source, destination, replySource }) => `${source} ${destination} ${replySource}`,
  );

test('an endpoint that has gone, by service address and node port, and flows from before there was one', () => {
  assert.deepEqual(stale(['10.244.0.2 53', '10.244.0.3 53'], ['10.244.0.3 53']), [
    '10.244.0.9 10.96.0.10 10.244.0.2',
    '10.244.0.7 10.96.0.10 10.96.0.10',
    '192.168.0.1 192.168.0.2 10.244.0.2',
  ]);
});

test('scaled to zero or deleted: all translated flows, but not those that nobody translated', () => {
  const all = [
    '10.244.0.9 10.96.0.10 10.244.0.2',
    '10.244.0.8 10.96.0.10 10.244.0.3',
    '192.168.0.1 192.168.0.2 10.244.0.2',
  ];
  assert.deepEqual(stale(['10.244.0.2 53'], []), all);
  assert.deepEqual(stale(['10.244.0.2 53'], undefined), all);
});

test('no listing without a change in what serves', async () => {
  const calls: string[] = [];
  const execute = async (program: string, args: readonly string[]): Promise<string> => {
    calls.push([program, ...args].join(' '));
    return args[0] === '-L' ? listing : '';
  };
  const same = expectationsOf([change(['10.244.0.2 53'], ['10.244.0.2 53'])]);
  assert.equal(await removeStaleFlows(execute, 'ipv4', same, []), 0);
  assert.deepEqual(calls, []);
  const gone = expectationsOf([change(['10.244.0.2 53', '10.244.0.3 53'], ['10.244.0.3 53'])]);
  assert.equal(await removeStaleFlows(execute, 'ipv4', gone, ['192.168.0.2']), 3);
  assert.deepEqual(calls.slice(1), [
    'conntrack -D -p udp -f ipv4 --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.0.2',
    'conntrack -D -p udp -f ipv4 --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.96.0.10',
    'conntrack -D -p udp -f ipv4 --orig-dst 192.168.0.2 --orig-port-dst 30053 --reply-src 10.244.0.2',
  ]);
});
