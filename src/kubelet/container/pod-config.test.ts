import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Container, V1Pod, V1PodSpec } from '../../api/generated/types.ts';
import { parseResolvConf, podDns } from './dns.ts';
import { hostsFile } from './hosts.ts';
import { linuxResources, podRequests, qosClass } from './resources.ts';
import { podHostname } from './sandbox-config.ts';

const podOf = (spec: Partial<V1PodSpec>): V1Pod => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [], ...spec },
});
const container = (
  requests?: Record<string, string>,
  limits?: Record<string, string>,
  more = {},
): V1Container => ({
  name: 'c',
  resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
  ...more,
});

test('resolv.conf by dnsPolicy and dnsConfig', () => {
  const host = parseResolvConf(
    '# comment\nnameserver 1.1.1.1\nsearch corp.test. lan\noptions timeout:1 ndots:1\n',
  );
  assert.deepEqual(host, {
    servers: ['1.1.1.1'],
    searches: ['corp.test', 'lan'],
    options: ['timeout:1', 'ndots:1'],
  });
  const input = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', host };
  assert.deepEqual(podDns(podOf({}), input), {
    servers: ['10.96.0.10'],
    searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.test', 'lan'],
    options: ['ndots:5'],
  });
  assert.deepEqual(podDns(podOf({ dnsPolicy: 'Default' }), input), host);
  assert.deepEqual(podDns(podOf({ hostNetwork: true }), input), host);
  assert.deepEqual(
    podDns(podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), input).servers,
    ['10.96.0.10'],
  );
  const own = podDns(
    podOf({
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['9.9.9.9'],
        searches: ['a.test'],
        options: [{ name: 'ndots', value: '3' }, { name: 'edns0' }],
      },
    }),
    input,
  );
  assert.deepEqual(own, { servers: ['9.9.9.9'], searches: ['a.test'], options: ['ndots:3', 'edns0'] });
});

test('host names', () => {
  assert.deepEqual(podHostname(podOf({}), 'cluster.local'), { hostname: 'web', domain: '' });
  assert.deepEqual(podHostname(podOf({ hostname: 'a', subdomain: 'b' }), 'cluster.local'), {
    hostname: 'a',
    domain: 'b.shop.svc.cluster.local',
  });
  assert.match(hostsFile(['10.0.0.1'], 'a', 'b.c', []), /\n10\.0\.0\.1\ta\.b\.c\ta\n$/);
});

test('classes of service', () => {
  assert.equal(qosClass(podOf({ containers: [container()] })), 'BestEffort');
  assert.equal(qosClass(podOf({ containers: [container({ cpu: '1' })] })), 'Burstable');
  const equal = { cpu: '1', memory: '1Gi' };
  assert.equal(qosClass(podOf({ containers: [container(equal, equal)] })), 'Guaranteed');
  assert.equal(qosClass(podOf({ containers: [container(undefined, equal)] })), 'Guaranteed');
  assert.equal(qosClass(podOf({ containers: [container(equal, equal), container()] })), 'Burstable');
});

test('limits and requests as the kernel takes them', () => {
  const memory = 8 * 1024 ** 3;
  const of = (each: V1Container) => linuxResources(podOf({ containers: [each] }), each, memory);
  assert.deepEqual(of(container()), { cpuShares: 2, cpuPeriod: 100_000, oomScoreAdj: 1000 });
  assert.deepEqual(of(container({ cpu: '500m', memory: '2Gi' }, { cpu: '2' })), {
    cpuShares: 512,
    cpuPeriod: 100_000,
    cpuQuota: 200_000,
    oomScoreAdj: 750,
  });
  assert.equal(of(container(undefined, { cpu: '1m' })).cpuQuota, 1000);
});

test('what a Pod takes: containers and sidecars, or the largest init container, and overhead', () => {
  const cpu = (amount: string, more = {}) => container({ cpu: amount }, undefined, more);
  const total = (spec: Partial<V1PodSpec>) => podRequests(podOf(spec)).get('cpu');
  assert.equal(total({ containers: [cpu('100m'), cpu('200m')] }), 300);
  assert.equal(total({ containers: [cpu('100m')], initContainers: [cpu('1')] }), 1000);
  assert.equal(
    total({ containers: [cpu('100m')], initContainers: [cpu('50m', { restartPolicy: 'Always' }), cpu('1')] }),
    1050,
  );
  assert.equal(total({ containers: [cpu('100m')], overhead: { cpu: '10m' } }), 110);
});
