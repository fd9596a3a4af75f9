import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Family } from '../../../src/proxy/model/types.ts';
import { createTestCluster, type TestCluster } from './cluster.ts';
import { addresses, type Case, cases, type Question } from './reachability.cases.ts';
import { at, createWorld, type World } from './world.ts';

let world: World;
let cluster: TestCluster;

before(async () => {
  world = await createWorld();
  cluster = await createTestCluster(world, 'nftables');
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const podsIn = (answers: Record<string, number>): string =>
  [...new Set(Object.keys(answers).map(answer => answer.split(' ')[0]))].sort().join(' ');

async function ask(question: Question, family: Family): Promise<void> {
  const { host, port } = addresses(family)[question.to];
  const { from, protocol = 'tcp', expect } = question;
  const turnedAway = expect === 'timeout' || expect === 'refused' || expect === 'elsewhere';
  const { answers, slowestMs } = await world.ask(from, host, port, {
    protocol,
    count: turnedAway ? 2 : expect.length === 1 ? 4 : 40,
    timeoutMs: expect === 'timeout' || expect === 'elsewhere' ? 400 : 3000,
  });
  const what = `${from} to ${question.to} (${protocol}): ${JSON.stringify(answers)}`;
  if (expect === 'elsewhere') return assert.doesNotMatch(podsIn(answers), /^[abc]/, what);
  assert.equal(podsIn(answers), expect, what);
  // A lost SYN comes again after a second: what is quick was answered the first time.
  if (expect === 'refused') assert.ok(slowestMs < 900, `${what} took ${slowestMs} ms`);
  const seen = Object.keys(answers).map(answer => answer.split(' ')[1]);
  if (question.seen === 'masqueraded')
    assert.ok(!seen.includes(at(from, family)) || from.startsWith('node'), `${what} is not masqueraded`);
  else if (question.seen) assert.deepEqual(new Set(seen), new Set([at(question.seen, family)]), what);
}

async function run({ spec, balancer, pods, questions }: Case, family: Family): Promise<void> {
  const ingress = balancer ? [{ ip: addresses(family).balancer.host, ...balancer }] : [];
  const wanted = spec(family);
  const { protocol = 'TCP' } = wanted.ports![0]!;
  await cluster.service('s', wanted, { loadBalancer: { ingress } });
  await cluster.endpoints('s', pods, [{ port: protocol === 'UDP' ? 8053 : 8080, protocol }]);
  for (const question of questions) await ask(question, family);
  await cluster.remove('s');
  assert.deepEqual(cluster.errors, []);
}

for (const family of ['ipv4', 'ipv6'] as const)
  describe(`reachability, ${family}`, () => {
    for (const one of cases) test(one.name, () => run(one, family));
  });
