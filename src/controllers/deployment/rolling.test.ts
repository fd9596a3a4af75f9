// Random roll-outs in a model of the world: what the controller sees may be old, what it decides must hold for what is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Deployment } from '../../api/generated/types.ts';
import { type Random, randomInt, seededRandom } from '../../machinery/random.ts';
import { maxReplicas, maxUnavailable, type ReplicaSet } from './revisions.ts';
import { newReplicas, scaleDownOld } from './rolling.ts';

interface Group {
  name: number;
  spec: number;
  /** Ready or not, for each Pod. */
  pods: boolean[];
  /** What its controller last wrote. */
  seenAvailable: number;
}

const view = ({ name, spec, seenAvailable }: Group): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `rs-${name}`,
    uid: `rs-${name}`,
    resourceVersion: '1',
    creationTimestamp: new Date(Date.UTC(2026, 0, 1) + name * 1000).toISOString(),
  },
  spec: { replicas: spec, selector: {} },
  status: { replicas: spec, availableReplicas: seenAvailable },
});

const available = (groups: readonly Group[]): number =>
  groups.reduce((sum, { pods }) => sum + pods.filter(Boolean).length, 0);

/** Follows its spec: Pods that are not ready go first. */
function follow(group: Group): void {
  group.pods.sort((a, b) => Number(b) - Number(a));
  while (group.pods.length > group.spec) group.pods.pop();
  while (group.pods.length < group.spec) group.pods.push(false);
}

function decide(deployment: V1Deployment, groups: readonly Group[]): void {
  const sets = new Map(groups.map(group => [view(group), group]));
  const all = [...sets.keys()];
  const newSet = all.at(-1)!;
  const size = newReplicas(deployment, all, newSet.spec!.replicas!);
  if (size !== newSet.spec!.replicas) {
    sets.get(newSet)!.spec = size;
    return;
  }
  for (const { replicaSet, replicas } of scaleDownOld(deployment, newSet, all.slice(0, -1)))
    sets.get(replicaSet)!.spec = replicas;
}

function play(random: Random): string {
  const desired = 1 + randomInt(random, 12);
  const rollingUpdate = { maxSurge: randomInt(random, 4), maxUnavailable: randomInt(random, 4) };
  const deployment: V1Deployment = {
    spec: {
      replicas: desired,
      selector: {},
      template: {},
      strategy: { type: 'RollingUpdate', rollingUpdate },
    },
  };
  const floor = desired - maxUnavailable(deployment);
  const ceiling = maxReplicas(deployment);
  const first: Group = {
    name: 0,
    spec: desired,
    pods: Array<boolean>(desired).fill(true),
    seenAvailable: desired,
  };
  const groups = [first, { name: 1, spec: 0, pods: [], seenAvailable: 0 } as Group];
  const story = `desired ${desired}, ${JSON.stringify(rollingUpdate)}`;
  for (let step = 0; step < 400; step++) {
    const group = groups[randomInt(random, groups.length)]!;
    const action = random.next();
    if (action < 0.3) decide(deployment, groups);
    else if (action < 0.55) follow(group);
    else if (action < 0.75) group.seenAvailable = group.pods.filter(Boolean).length;
    else if (action < 0.98) group.pods = group.pods.map(ready => ready || random.next() < 0.5);
    // Another template in the middle of it.
    else if (groups.length < 4) groups.push({ name: groups.length, spec: 0, pods: [], seenAvailable: 0 });
    assert.ok(
      available(groups) >= floor,
      `${story}: ${available(groups)} available, floor ${floor}, step ${step}`,
    );
    const size = groups.reduce((sum, { spec }) => sum + spec, 0);
    assert.ok(size <= ceiling, `${story}: ${size} wanted, ceiling ${ceiling}, step ${step}`);
  }
  for (let round = 0; round < 100; round++) {
    for (const group of groups) {
      follow(group);
      group.pods.fill(true);
      group.seenAvailable = group.pods.length;
    }
    decide(deployment, groups);
  }
  assert.deepEqual(
    groups.map(({ spec }) => spec),
    [...Array<number>(groups.length - 1).fill(0), desired],
    `${story}: it ends`,
  );
  return story;
}

test('whatever comes in between, enough Pods are available, not too many are wanted, and the roll-out ends', () => {
  for (let seed = 1; seed <= 500; seed++) play(seededRandom(seed));
});
