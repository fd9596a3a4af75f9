// The kernel's own word on random histories: it takes every transaction, and holds in the end what one replacement gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../src/machinery/logger.ts';
import { seededRandom } from '../../../src/machinery/random.ts';
import { realClock } from '../../../src/platform/clock.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../../../src/platform/netns.ts';
import type { ServicePort } from '../../../src/proxy/model/types.ts';
import { randomHistory, settings } from '../../../src/proxy/modes/history-testing.ts';
import { nftables } from '../../../src/proxy/modes/nftables/nftables.ts';

interface Listed {
  rule?: { chain: string; expr: unknown };
  map?: { name: string; elem?: unknown[] };
  set?: { name: string; elem?: unknown[] };
}

/** Elements by set and rules by chain, without handles and in no order of the kernel's. */
async function holds(namespace: NetworkNamespace): Promise<unknown> {
  const text = await namespace.exec('nft', ['-j', 'list', 'table', 'ip', 'tsukube-proxy']);
  const { nftables: listed } = JSON.parse(text) as { nftables: Listed[] };
  const lines = listed.flatMap(({ rule, map, set }) => {
    const named = map ?? set;
    if (named) return (named.elem ?? []).map(element => `${named.name} ${JSON.stringify(element)}`);
    return rule ? [`${rule.chain} ${JSON.stringify(rule.expr)}`] : [];
  });
  return lines.sort();
}

const modeIn = (namespace: NetworkNamespace) =>
  nftables.create({ execute: namespace.exec, clock: realClock, logger: silentLogger }, 'ipv4');

test('the kernel takes random histories and holds what it should', async () => {
  await using left = await createNetworkNamespace();
  await using right = await createNetworkNamespace();
  for (const seed of [1, 2, 3]) {
    const mode = modeIn(left);
    await mode.replace([], settings);
    let world: ReadonlyMap<string, ServicePort[]> = new Map();
    for (const step of randomHistory(seededRandom(seed), 12)) {
      await mode.update(step.changes);
      await mode.tidy();
      world = step.world;
    }
    await modeIn(right).replace(world.values(), settings);
    assert.deepEqual(await holds(left), await holds(right), `seed ${seed}`);
  }
});
