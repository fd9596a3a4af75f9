// Virtual IPs and node ports of Services, through the whole server.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { services } from '../../api/generated/resources/core.v1.ts';
import { ipaddresses, servicecidrs } from '../../api/generated/resources/networking.k8s.io.v1.ts';
import type { V1Service, V1ServiceSpec } from '../../api/generated/types.ts';
import { seededRandom } from '../../machinery/random.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { eventually, startPolicyServer } from '../stages-testing.ts';
import { createAddressPool } from './address-pool.ts';
import { formatAddress, nth, parseAddress, parseRange } from './ip.ts';
import { createPortPool } from './port-pool.ts';

const service = (name: string, spec: V1ServiceSpec = {}): V1Service => ({
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});

describe('addresses', () => {
  it('are read and written in their usual spelling', () => {
    for (const text of [
      '10.96.0.1',
      '::',
      '::1',
      'fd00::1:0:0:1',
      'fe80::',
      '1:2:3:4:5:6:7:8',
      '2001:db8::5',
    ])
      assert.equal(formatAddress(parseAddress(text)!, text.includes(':') ? 'IPv6' : 'IPv4'), text);
    assert.equal(formatAddress(parseAddress('2001:0db8:0:0::0005')!, 'IPv6'), '2001:db8::5');
    for (const text of ['10.96.0', '10.96.0.256', '1::2::3', 'g::', '1:2:3', '01.2.3.4', ''])
      assert.equal(parseAddress(text), undefined, text);
    assert.equal(nth(parseRange('10.96.0.0/16'), 10), '10.96.0.10');
  });

  it('come from the upper band until it is full; network and broadcast never', () => {
    const range = parseRange('10.0.0.0/26');
    const pool = createAddressPool(range, seededRandom(1));
    const taken: string[] = [];
    for (let value = pool.takeAny(); value !== undefined; value = pool.takeAny())
      taken.push(formatAddress(value, 'IPv4'));
    assert.equal(taken.length, 62);
    assert.equal(new Set(taken).size, 62);
    const last = (text: string) => Number(text.split('.')[3]);
    assert.ok(
      taken.slice(0, 46).every(text => last(text) > 16),
      'the upper band first',
    );
    assert.ok(taken.slice(46).every(text => last(text) <= 16));
    assert.ok(!taken.includes('10.0.0.0') && !taken.includes('10.0.0.63'));
    assert.equal(pool.take(range.first), false);
  });

  it('node ports likewise', () => {
    const pool = createPortPool({ first: 30_000, last: 32_767 }, seededRandom(1));
    const ports = Array.from({ length: 2_768 }, () => pool.takeAny()!);
    assert.equal(new Set(ports).size, 2_768);
    assert.ok(ports.slice(0, 2_768 - 86).every(port => port >= 30_086));
    assert.equal(pool.takeAny(), undefined);
  });
});

describe('Services', () => {
  it('get a virtual IP with its IPAddress object, and give it back', async () => {
    await using policy = await startPolicyServer({ serviceCidrs: ['10.50.0.0/24'] });
    const { admin } = policy;
    const made = await admin.create(services, service('web'));
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = made.spec!;
    assert.match(clusterIP!, /^10\.50\.0\./);
    assert.deepEqual([clusterIPs, ipFamilies, ipFamilyPolicy], [[clusterIP], ['IPv4'], 'SingleStack']);
    const address = await admin.get(ipaddresses, clusterIP!);
    assert.deepEqual(address.spec?.parentRef, {
      group: '',
      resource: 'services',
      namespace: 'default',
      name: 'web',
    });
    assert.equal(address.metadata.labels?.['ipaddress.kubernetes.io/managed-by'], 'ipallocator.k8s.io');
    assert.equal((await admin.get(services, 'kubernetes', 'default')).spec?.clusterIP, '10.50.0.1');
    assert.equal((await admin.get(services, 'kube-dns', 'kube-system')).spec?.clusterIP, '10.50.0.10');

    await assert.rejects(admin.create(services, service('same', { clusterIP })), {
      code: 422,
      message: `Service "same" is invalid: spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated`,
    });
    await assert.rejects(
      admin.create(services, service('far', { clusterIP: '10.99.0.1' })),
      /failed to allocate IP 10.99.0.1: the provided network does not match the current range$/,
    );
    await admin.delete(services, 'web', 'default');
    assert.equal((await admin.create(services, service('heir', { clusterIP }))).spec?.clusterIP, clusterIP);
  });

  it('a write that fails gives back what it took; a dry run takes nothing', async () => {
    await using policy = await startPolicyServer();
    const { admin } = policy;
    await admin.create(services, service('one'));
    const count = async () => (await admin.list(ipaddresses)).items.length;
    const before = await count();
    await assert.rejects(admin.create(services, service('one', { clusterIP: '10.96.0.77' })), { code: 409 });
    assert.equal(await count(), before);
    const dry = await admin.create(services, service('dry', { clusterIP: '10.96.0.77' }), { dryRun: true });
    assert.equal(dry.spec?.clusterIP, '10.96.0.77');
    assert.equal(await count(), before);
    await admin.create(services, service('two', { clusterIP: '10.96.0.77' }));
  });

  it('node ports: chosen, asked for, refused, kept by updates, given back with the type', async () => {
    await using policy = await startPolicyServer();
    const { admin } = policy;
    const ports = [
      { name: 'a', port: 80, nodePort: 30080 },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 53, protocol: 'UDP' },
    ];
    const made = await admin.create(services, service('np', { type: 'NodePort', ports }));
    const numbers = made.spec!.ports!.map(port => port.nodePort!);
    assert.equal(numbers[0], 30080);
    assert.equal(numbers[1], numbers[2]);
    assert.ok(numbers[1]! >= 30_086);
    await assert.rejects(
      admin.create(services, service('clash', { type: 'NodePort', ports: [{ port: 1, nodePort: 30080 }] })),
      {
        code: 422,
        message:
          'Service "clash" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      },
    );
    await assert.rejects(
      admin.create(services, service('low', { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] })),
      /spec.ports\[0\].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767$/,
    );
    const bare = {
      ...made,
      spec: {
        selector: { app: 'np' },
        type: 'NodePort',
        ports: ports.map(({ nodePort: _, ...port }) => port),
      },
    };
    const updated = await admin.update(services, bare);
    assert.equal(updated.spec?.clusterIP, made.spec?.clusterIP);
    assert.deepEqual(
      updated.spec!.ports!.map(port => port.nodePort),
      numbers,
    );
    const closed = await admin.update(services, { ...updated, spec: { ...updated.spec, type: 'ClusterIP' } });
    assert.ok(closed.spec!.ports!.every(port => port.nodePort === undefined));
    await admin.create(
      services,
      service('next', { type: 'NodePort', ports: [{ port: 1, nodePort: 30080 }] }),
    );
  });

  it('ExternalName has no address, headless has None, and types change both ways', async () => {
    await using policy = await startPolicyServer();
    const { admin } = policy;
    const external = await admin.create(
      services,
      service('ext', { type: 'ExternalName', externalName: 'example.org' }),
    );
    assert.equal(external.spec?.clusterIP, undefined);
    const inside = await admin.update(services, {
      ...external,
      spec: { ...external.spec, type: 'ClusterIP', externalName: undefined },
    });
    const address = inside.spec!.clusterIP!;
    assert.match(address, /^10\.96\./);
    const again = await admin.update(services, {
      ...inside,
      spec: { ...inside.spec, type: 'ExternalName', externalName: 'example.org' },
    });
    assert.deepEqual(
      [again.spec?.clusterIP, again.spec?.clusterIPs, again.spec?.ipFamilies],
      [undefined, undefined, undefined],
    );
    await assert.rejects(admin.get(ipaddresses, address), { reason: 'NotFound' });
    const headless = await admin.create(services, service('headless', { clusterIP: 'None' }));
    assert.deepEqual([headless.spec?.clusterIPs, headless.spec?.ipFamilies], [['None'], ['IPv4']]);
  });

  it('dual stack: asked for, upgraded, downgraded, and refused where there is one family', async () => {
    await using policy = await startPolicyServer({ serviceCidrs: ['10.96.0.0/16', 'fd00:96::/112'] });
    const { admin } = policy;
    const made = await admin.create(services, service('dual', { ipFamilyPolicy: 'PreferDualStack' }));
    assert.deepEqual(made.spec?.ipFamilies, ['IPv4', 'IPv6']);
    assert.match(made.spec!.clusterIPs![1]!, /^fd00:96::/);
    const single = await admin.update(services, {
      ...made,
      spec: { ...made.spec, ipFamilyPolicy: 'SingleStack' },
    });
    assert.deepEqual(single.spec?.clusterIPs, [made.spec?.clusterIP]);
    await assert.rejects(admin.get(ipaddresses, made.spec!.clusterIPs![1]!), { reason: 'NotFound' });
    const double = await admin.update(services, {
      ...single,
      spec: { ...single.spec, ipFamilyPolicy: 'RequireDualStack' },
    });
    assert.equal(double.spec?.clusterIPs?.length, 2);
    assert.equal(double.spec?.clusterIP, made.spec?.clusterIP);

    await using lone = await startPolicyServer();
    await assert.rejects(
      lone.admin.create(services, service('dual', { ipFamilyPolicy: 'RequireDualStack' })),
      /spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services$/,
    );
  });

  it('a restart knows what is taken, and mends IPAddress objects', async () => {
    const store = createMemoryStore();
    let taken: V1Service;
    {
      await using policy = await startPolicyServer({}, { store });
      taken = await policy.admin.create(services, service('np', { type: 'NodePort' }));
      await policy.admin.delete(ipaddresses, taken.spec!.clusterIP!);
      await policy.admin.create(ipaddresses, {
        metadata: {
          name: '10.96.3.3',
          labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
        },
        spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 'gone' } },
      });
    }
    await using policy = await startPolicyServer({}, { store });
    const { clusterIP, ports } = taken.spec!;
    await eventually(() => policy.admin.get(ipaddresses, clusterIP!));
    await eventually(() =>
      assert.rejects(policy.admin.get(ipaddresses, '10.96.3.3'), { reason: 'NotFound' }),
    );
    await assert.rejects(
      policy.admin.create(services, service('thief', { clusterIP })),
      /provided IP is already allocated/,
    );
    const nodePort = ports![0]!.nodePort!;
    await assert.rejects(
      policy.admin.create(services, service('thief', { type: 'NodePort', ports: [{ port: 1, nodePort }] })),
      /provided port is already allocated/,
    );
  });

  it('a further ServiceCIDR gives further addresses, also when the first range is full', async () => {
    await using policy = await startPolicyServer({ serviceCidrs: ['10.50.0.0/28'] });
    const { admin } = policy;
    // 14 addresses, of which the kubernetes and DNS Services have two.
    for (let i = 0; i < 12; i++) await admin.create(services, service(`s${i}`));
    await assert.rejects(admin.create(services, service('one-more')), {
      code: 500,
      message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
    });
    await admin.create(servicecidrs, { metadata: { name: 'more' }, spec: { cidrs: ['10.51.0.0/28'] } });
    await eventually(async () => {
      const { spec } = await admin.create(services, service('one-more'));
      assert.match(spec!.clusterIP!, /^10\.51\.0\./);
    });
  });

  it('many at once get different addresses and ports', async () => {
    await using policy = await startPolicyServer();
    const made = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        policy.admin.create(services, service(`s${i}`, { type: 'NodePort' })),
      ),
    );
    assert.equal(new Set(made.map(each => each.spec!.clusterIP)).size, 300);
    assert.equal(new Set(made.map(each => each.spec!.ports![0]!.nodePort)).size, 300);
  });
});
