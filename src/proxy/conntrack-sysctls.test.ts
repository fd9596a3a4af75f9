import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setConntrackSysctls } from './conntrack-sysctls.ts';

const run = async (values: Record<string, string>, readOnly = false) => {
  const written: Record<string, number> = {};
  const refused: string[] = [];
  const sysctls = {
    read: async (name: string) => values[name],
    write: async (name: string, value: number) => {
      if (readOnly) throw new Error('EROFS');
      written[name] = value;
    },
  };
  await setConntrackSysctls(sysctls, 8, name => refused.push(name));
  return { written, refused };
};
const name = (rest: string): string => `net.netfilter.nf_conntrack_${rest}`;

test('only what differs is written, and a larger maximum stays', async () => {
  const established = {
    [name('tcp_timeout_established')]: '432000',
    [name('tcp_timeout_close_wait')]: '3600',
  };
  assert.deepEqual(await run({ ...established, [name('max')]: '65536' }), {
    written: { [name('max')]: 262_144, [name('tcp_timeout_established')]: 86_400 },
    refused: [],
  });
  assert.deepEqual((await run({ [name('max')]: '1000000' })).written, {});
});

test('a read-only /proc is told and tolerated', async () => {
  assert.deepEqual(await run({ [name('max')]: '1' }, true), { written: {}, refused: [name('max')] });
});
