import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { connect, createNetworkNamespace } from './netns.ts';

test('two namespaces talk over a cable, and ending them leaves nothing', async () => {
  const pids: number[] = [];
  {
    await using left = await createNetworkNamespace();
    await using right = await createNetworkNamespace();
    pids.push(left.pid, right.pid);
    await connect(
      { namespace: left, name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
      { namespace: right, name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    );
    assert.match(await left.exec('busybox', ['ping', '-c1', '-W2', '10.0.0.2']), /, 0% packet loss/);
    assert.match(await right.exec('busybox', ['ping', '-6', '-c1', '-W2', 'fd00::1']), /, 0% packet loss/);
    await left.sysctl('net.ipv4.ip_forward', 1);
    assert.equal((await left.exec('cat', ['/proc/sys/net/ipv4/ip_forward'])).trim(), '1');
    await assert.rejects(left.ip('link set nothing up'), /nothing|Cannot find device|Command failed/);
    const child = left.spawn('sleep', ['60']);
    await once(child, 'spawn');
    pids.push(child.pid!);
  }
  for (const pid of pids) assert.equal(existsSync(`/proc/${pid}/ns/net`), false, `process ${pid} lives on`);
});
