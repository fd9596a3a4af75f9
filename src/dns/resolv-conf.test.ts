import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOfReverse, parseIp } from './ip.ts';
import { nameserversOf, parseUpstream, upstreamsFrom } from './resolv-conf.ts';

test('nameservers of a resolv.conf, three at most', () => {
  const text =
    '# comment\nsearch a b\nnameserver 192.0.2.1\n  nameserver\t192.0.2.2 # x\nnameserver fd00::1\nnameserver 9\n';
  assert.deepEqual(nameserversOf(text), ['192.0.2.1', '192.0.2.2', 'fd00::1']);
});

test('stubs on loopback and the server itself are no upstreams; the next file may know better', () => {
  const stub = 'nameserver 127.0.0.53\noptions edns0\n';
  const real = 'nameserver 10.96.0.10\nnameserver 192.0.2.1\n';
  assert.deepEqual(upstreamsFrom([stub, real], ['10.96.0.10']), ['192.0.2.1']);
  assert.deepEqual(upstreamsFrom([stub], []), []);
});

test('addresses of upstreams, with and without a port', () => {
  assert.deepEqual(parseUpstream('192.0.2.1'), { address: '192.0.2.1', port: 53 });
  assert.deepEqual(parseUpstream('192.0.2.1:5353'), { address: '192.0.2.1', port: 5353 });
  assert.deepEqual(parseUpstream('fd00::1'), { address: 'fd00::1', port: 53 });
  assert.deepEqual(parseUpstream('[fd00::1]:54'), { address: 'fd00::1', port: 54 });
  for (const bad of ['dns.example', '192.0.2.1:0', '192.0.2.1:99999', ''])
    assert.throws(() => parseUpstream(bad), /not an address of a DNS server/);
});

test('addresses become bytes, and reverse names addresses', () => {
  assert.deepEqual(parseIp('10.0.0.255'), [10, 0, 0, 255]);
  assert.deepEqual(parseIp('::ffff:1.2.3.4')?.slice(10), [255, 255, 1, 2, 3, 4]);
  assert.deepEqual(parseIp('fd00::1')?.length, 16);
  for (const bad of [
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '::1::',
    '1:2:3:4:5:6:7',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    ':',
  ])
    assert.equal(parseIp(bad), undefined, bad);
  assert.equal(addressOfReverse('4.3.2.1.in-addr.arpa'), '1.2.3.4');
  assert.equal(addressOfReverse('3.2.1.in-addr.arpa'), undefined);
});
