import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronjobs, jobs } from '../../../src/api/generated/resources/batch.v1.ts';
import { pods } from '../../../src/api/generated/resources/core.v1.ts';
import type { V1CronJob, V1Job, V1Pod } from '../../../src/api/generated/types.ts';
import { findCondition } from '../../../src/machinery/conditions.ts';
import type { Stored } from '../../../src/machinery/object.ts';
import { createTestCluster, type TestCluster } from './harness.ts';

const enabled = ['job', 'cronjob', 'ttl-after-finished', 'garbagecollector'];

const work = (spec: Partial<V1Job['spec']> = {}): V1Job => ({
  metadata: { name: 'work', namespace: 'default' },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }, ...spec },
});

/** Ends running Pods, as a kubelet does when their containers have exited. */
async function end(
  cluster: TestCluster,
  phase: 'Succeeded' | 'Failed',
  which: (pod: Stored<V1Pod>) => boolean = () => true,
) {
  for (const pod of (await cluster.client.list(pods)).items) {
    if (pod.status?.phase !== 'Running' || !which(pod)) continue;
    const { name, namespace } = pod.metadata;
    const body = { status: { phase, conditions: [] } };
    await cluster.client.patch(pods, name, namespace, { type: 'merge', body }, { subresource: 'status' });
  }
  await cluster.clock.settle();
}
const get = ({ client }: TestCluster) => client.get(jobs, 'work', 'default');
const running = async ({ client }: TestCluster) =>
  (await client.list(pods)).items.filter(({ status }) => status?.phase === 'Running');
/** The kubelet of these tests leaves ended Pods as they are. */
async function start(): Promise<TestCluster> {
  const cluster = await createTestCluster({ enabled });
  cluster.drives = pod => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
  return cluster;
}

test('a Job runs as many at a time as it may, counts each once, and lets them go', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(jobs, work({ completions: 5, parallelism: 2, ttlSecondsAfterFinished: 60 }));
  await clock.settle();
  assert.equal((await running(cluster)).length, 2);
  for (let i = 0; i < 3; i++) await end(cluster, 'Succeeded');
  const job = await get(cluster);
  assert.deepEqual(
    [
      job.status?.succeeded,
      job.status?.failed ?? 0,
      job.status?.active ?? 0,
      findCondition(job.status?.conditions, 'Complete')?.reason,
    ],
    [5, 0, 0, 'CompletionsReached'],
  );
  assert.ok(job.status?.completionTime);
  const all = (await client.list(pods)).items;
  assert.equal(all.length, 5);
  assert.ok(all.every(({ metadata }) => !metadata.finalizers?.length));
  await clock.advance(61_000);
  assert.equal((await client.list(jobs)).items.length, 0);
  assert.equal((await client.list(pods)).items.length, 0);
  assert.deepEqual(cluster.problems, []);
});

test('failures are retried with growing pauses up to the limit', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(jobs, work({ backoffLimit: 2 }));
  await clock.settle();
  await clock.advance(1000);
  await end(cluster, 'Failed');
  await clock.advance(5000);
  assert.equal((await running(cluster)).length, 0);
  await clock.advance(6000);
  assert.equal((await running(cluster)).length, 1);
  await end(cluster, 'Failed');
  await clock.advance(21_000);
  await end(cluster, 'Failed');
  const job = await get(cluster);
  assert.equal(job.status?.failed, 3);
  assert.deepEqual(
    job.status?.conditions?.map(({ type, reason }) => [type, reason]),
    [
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ],
  );
});

test('an indexed Job gives each index to one Pod and tells which are done', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(jobs, work({ completions: 4, parallelism: 4, completionMode: 'Indexed' }));
  await clock.settle();
  const names = (await running(cluster)).map(({ spec }) => spec?.hostname).sort();
  assert.deepEqual(names, ['work-0', 'work-1', 'work-2', 'work-3']);
  await end(cluster, 'Succeeded', ({ spec }) => spec?.hostname !== 'work-1');
  assert.equal((await get(cluster)).status?.completedIndexes, '0,2,3');
  await end(cluster, 'Succeeded');
  const { status } = await get(cluster);
  assert.deepEqual(
    [status?.completedIndexes, findCondition(status?.conditions, 'Complete')?.status],
    ['0-3', 'True'],
  );
});

test('a suspended Job has no Pods and no start time', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(jobs, work({ suspend: true }));
  await clock.settle();
  assert.equal((await client.list(pods)).items.length, 0);
  assert.equal((await get(cluster)).status?.startTime, undefined);
  await client.patch(jobs, 'work', 'default', { type: 'merge', body: { spec: { suspend: false } } });
  await clock.settle();
  assert.equal((await running(cluster)).length, 1);
  assert.ok((await get(cluster)).status?.startTime);
});

test('a deleted Job takes its Pods with it, though they carry a finalizer', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(jobs, work());
  await clock.settle();
  await client.delete(jobs, 'work', 'default', { propagationPolicy: 'Background' });
  await clock.settle();
  await clock.advance(1000);
  assert.equal((await client.list(pods)).items.length, 0);
});

const cron = (spec: Partial<V1CronJob['spec']>): V1CronJob => ({
  metadata: { name: 'tick', namespace: 'default' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: work().spec }, ...spec },
});
const made = async ({ client }: TestCluster) =>
  (await client.list(jobs)).items.map(({ metadata }) => metadata.name);

test('a CronJob starts on time, keeps its history short, and does not overlap where that is forbidden', async () => {
  await using cluster = await start();
  const { client, clock } = cluster;
  await client.create(cronjobs, cron({ concurrencyPolicy: 'Forbid', successfulJobsHistoryLimit: 2 }));
  await clock.settle();
  assert.deepEqual(await made(cluster), []);
  const first = Math.floor(clock.now() / 60_000) + 5;
  await clock.advance(5 * 60_000 + 1000);
  assert.deepEqual(await made(cluster), [`tick-${first}`]);
  await clock.advance(5 * 60_000);
  assert.deepEqual(await made(cluster), [`tick-${first}`], 'the first still runs');
  await end(cluster, 'Succeeded');
  for (let i = 0; i < 3; i++) {
    await clock.advance(5 * 60_000);
    await end(cluster, 'Succeeded');
  }
  // Each start that was forbidden is made up for as soon as it may be.
  assert.equal((await made(cluster)).length, 3, 'two that are kept, one that runs');
  const { status } = await client.get(cronjobs, 'tick', 'default');
  assert.ok(status?.lastScheduleTime && status.lastSuccessfulTime);
  assert.equal(status.active?.length, 1);
  await client.delete(cronjobs, 'tick', 'default');
  await clock.advance(1000);
  assert.deepEqual(await made(cluster), []);
  assert.deepEqual(cluster.problems, []);
});
