import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Facts, preflight } from './preflight.ts';

const machine: Facts = {
  uid: 0,
  filesystems: 'nodev\tproc\n\text4\nnodev\toverlay\n',
  hasNamespace: () => true,
  hasBridgeFilter: () => true,
  loadModule: () => false,
  freeBytes: () => 10 ** 10,
  env: { XDG_STATE_HOME: '/state' },
};
const nftables = { proxyMode: 'nftables' };

test('a machine that has all passes; modules are loaded where the kernel has them as such', () => {
  preflight(nftables, machine);
  const loaded: string[] = [];
  let bridge = false;
  preflight(nftables, {
    ...machine,
    filesystems: '',
    hasBridgeFilter: () => bridge,
    loadModule(name) {
      loaded.push(name);
      bridge ||= name === 'br_netfilter';
      return true;
    },
  });
  assert.deepEqual(loaded, ['overlay', 'br_netfilter']);
});

const cases: [string, Partial<Facts>, RegExp][] = [
  ['not root', { uid: 1000 }, /needs root/],
  ['no network namespaces', { hasNamespace: type => type !== 'net' }, /no net namespaces/],
  ['no overlay', { filesystems: 'nodev\tproc\n' }, /no overlay file system/],
  ['no bridge filter', { hasBridgeFilter: () => false }, /CONFIG_BRIDGE_NETFILTER/],
  [
    'no room',
    { freeBytes: () => 5 * 1024 * 1024 },
    /only 5 MB are free where the state lies \(\/state\/tsukube\)/,
  ],
];
for (const [name, facts, message] of cases) {
  test(`refused in one line: ${name}`, () => {
    assert.throws(
      () => preflight(nftables, { ...machine, ...facts }),
      (error: Error) => {
        assert.equal(error.name, 'UserError');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
  });
}

test('a proxy mode that there is not', () => {
  assert.throws(() => preflight({ proxyMode: 'magic' }, machine), /is no proxy mode of this version/);
});
