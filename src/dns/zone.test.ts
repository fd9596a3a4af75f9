import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRecords, exampleZone, service, slice } from './fixture.ts';
import { type ResourceRecord, types } from './message.ts';
import { answerFromZone } from './zone.ts';

const zone = exampleZone();
type Type = keyof typeof types;

const data = (record: ResourceRecord): string => {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address;
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    case 'TXT':
      return record.text;
    case 'SOA':
      return `${record.primary} ${record.serial}`;
    default:
      return 'target' in record ? record.target : '';
  }
};

/** `NOERROR a b`, `NXDOMAIN`, `NODATA`, `-> alias` or `elsewhere`. */
function ask(name: string, type: Type, of = zone): string {
  const found = answerFromZone(of, { name, type: types[type], class: 1 });
  if (found === 'elsewhere') return found;
  if ('alias' in found) return `-> ${found.target}`;
  assert.ok(found.answers.every(each => each.name === name));
  if (found.answers.length > 0) return found.answers.map(data).join(', ');
  if (found.authorities.length > 0)
    assert.deepEqual(found.authorities[0], {
      name: 'cluster.local',
      type: 'SOA',
      ttl: 5,
      primary: 'ns.dns.cluster.local',
      mailbox: 'hostmaster.cluster.local',
      serial: 42,
      minimum: 5,
    });
  return found.rcode === 'NOERROR' ? 'NODATA' : found.rcode;
}

const table: [string, Type, string][] = [
  ['web.default.svc.cluster.local', 'A', '10.96.1.1'],
  ['web.default.svc.cluster.local', 'AAAA', 'NODATA'],
  ['web.default.svc.cluster.local', 'MX', 'NODATA'],
  ['dual.default.svc.cluster.local', 'AAAA', 'fd00::12'],
  ['dual.default.svc.cluster.local', 'A', '10.96.1.2'],
  ['nope.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['web.nope.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['default.svc.cluster.local', 'A', 'NODATA'],
  ['nope.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['svc.cluster.local', 'A', 'NODATA'],
  ['pod.cluster.local', 'A', 'NODATA'],
  ['cluster.local', 'A', 'NODATA'],
  ['other.cluster.local', 'A', 'NXDOMAIN'],
  ['a.b.c.web.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['constructor.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  // Headless: ready endpoints, by their hostname or their address with dashes.
  ['db.default.svc.cluster.local', 'A', '10.244.0.5, 10.244.0.6'],
  ['db-0.db.default.svc.cluster.local', 'A', '10.244.0.5'],
  ['10-244-0-6.db.default.svc.cluster.local', 'A', '10.244.0.6'],
  ['10-244-0-7.db.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['10-244-0-9.web.default.svc.cluster.local', 'A', '10.244.0.9'],
  // SRV.
  ['_http._tcp.web.default.svc.cluster.local', 'SRV', '0 100 80 web.default.svc.cluster.local'],
  ['_dns._udp.web.default.svc.cluster.local', 'SRV', '0 100 53 web.default.svc.cluster.local'],
  ['_http._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  [
    'web.default.svc.cluster.local',
    'SRV',
    '0 50 80 web.default.svc.cluster.local, 0 50 53 web.default.svc.cluster.local',
  ],
  [
    '_http._tcp.db.default.svc.cluster.local',
    'SRV',
    '0 50 80 db-0.db.default.svc.cluster.local, 0 50 80 10-244-0-6.db.default.svc.cluster.local',
  ],
  ['_http._tcp.ext.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  // ExternalName.
  ['ext.default.svc.cluster.local', 'A', '-> www.example.org'],
  ['ext.default.svc.cluster.local', 'CNAME', 'www.example.org'],
  ['ext.default.svc.cluster.local', 'SRV', 'NODATA'],
  // Pods by address.
  ['10-244-0-5.default.pod.cluster.local', 'A', '10.244.0.5'],
  ['10-244-0-5.default.pod.cluster.local', 'AAAA', 'NODATA'],
  ['fd00--5.default.pod.cluster.local', 'AAAA', 'fd00::5'],
  ['10-244-0-5.nope.pod.cluster.local', 'A', 'NXDOMAIN'],
  ['10-244-0-555.default.pod.cluster.local', 'A', 'NXDOMAIN'],
  ['default.pod.cluster.local', 'A', 'NODATA'],
  // Reverse.
  ['1.1.96.10.in-addr.arpa', 'PTR', 'web.default.svc.cluster.local'],
  ['5.0.244.10.in-addr.arpa', 'PTR', 'db-0.db.default.svc.cluster.local'],
  ['6.0.244.10.in-addr.arpa', 'PTR', '10-244-0-6.db.default.svc.cluster.local'],
  [
    '2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa',
    'PTR',
    'dual.default.svc.cluster.local',
  ],
  ['9.9.9.9.in-addr.arpa', 'PTR', 'elsewhere'],
  ['9.9.in-addr.arpa', 'PTR', 'elsewhere'],
  // The server's own.
  ['dns-version.cluster.local', 'TXT', '1.1.0'],
  ['cluster.local', 'SOA', 'ns.dns.cluster.local 42'],
  ['cluster.local', 'NS', 'kube-dns.kube-system.svc.cluster.local'],
  ['ns.dns.cluster.local', 'A', '10.96.0.10'],
  ['cluster.local', 'AXFR', 'REFUSED'],
  ['www.example.org', 'A', 'elsewhere'],
  ['notcluster.local', 'A', 'elsewhere'],
];
for (const [name, type, expected] of table)
  test(`${type} ${name}: ${expected}`, () => assert.equal(ask(name, type), expected));

test('before the caches are full an unknown name is no NXDOMAIN that a client would remember', () => {
  const early = { ...zone, synced: () => false };
  assert.equal(ask('soon.default.svc.cluster.local', 'A', early), 'SERVFAIL');
  assert.equal(ask('web.default.svc.cluster.local', 'A', early), '10.96.1.1');
});

test('records follow what comes, changes and goes', () => {
  const records = exampleRecords();
  const moving = exampleZone(records);
  const name = 'db.default.svc.cluster.local';
  records.setSlice('default/db-2', slice('db', [{ address: '10.244.1.1' }, { address: '10.244.0.5' }]));
  assert.equal(ask(name, 'A', moving), '10.244.0.5, 10.244.0.6, 10.244.1.1');
  records.setSlice('default/db-1', slice('db', [{ address: '10.244.0.8' }]));
  assert.equal(ask(name, 'A', moving), '10.244.1.1, 10.244.0.5, 10.244.0.8');
  assert.equal(ask('6.0.244.10.in-addr.arpa', 'PTR', moving), 'elsewhere');
  records.setSlice('default/db-2', undefined);
  assert.equal(ask(name, 'A', moving), '10.244.0.8');
  const before = records.generation;
  records.setService('default/db', service('db', { clusterIP: '10.96.7.7', ports: [{ port: 80 }] }));
  assert.ok(records.generation > before);
  assert.equal(ask(name, 'A', moving), '10.96.7.7');
  assert.equal(ask('7.7.96.10.in-addr.arpa', 'PTR', moving), name);
  records.setService('default/db', undefined);
  assert.equal(ask(name, 'A', moving), 'NXDOMAIN');
  assert.equal(ask('7.7.96.10.in-addr.arpa', 'PTR', moving), 'elsewhere');
  records.setNamespace('default', false);
  assert.equal(ask('web.default.svc.cluster.local', 'A', moving), 'NXDOMAIN');
});
