import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, pods } from '../api/generated/resources/core.v1.ts';
import { events as series } from '../api/generated/resources/events.k8s.io.v1.ts';
import { silentLogger } from '../machinery/logger.ts';
import { seededRandom } from '../machinery/random.ts';
import { createTestClock } from '../testing/clock.ts';
import { createEventRecorder, type EventRecorderOptions, referenceTo } from './events.ts';
import { createFakeClient } from './fake-client.ts';

const setUp = (more: Partial<EventRecorderOptions> = {}) => {
  const clock = createTestClock();
  const client = createFakeClient({ clock });
  const context = { client, clock, random: seededRandom(1), logger: silentLogger };
  const recorder = createEventRecorder(context, { component: 'kubelet', host: 'n1', ...more });
  const pod = client.seed(pods, { metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [] } });
  return { clock, client, recorder, pod };
};

test('the same event is written once and then counted', async () => {
  const { clock, client, recorder, pod } = setUp();
  const container = referenceTo(pod, 'spec.containers{c}');
  recorder.event(container, 'Normal', 'Pulled', 'Container image "x" already present on machine');
  await clock.advance(60_000);
  recorder.event(container, 'Normal', 'Pulled', 'Container image "x" already present on machine');
  await clock.settle();
  const all = client.all(events, 'ns');
  assert.equal(all.length, 1);
  const [event] = all;
  assert.match(event!.metadata.name, /^p\.[0-9a-f]{16}$/);
  assert.equal(event!.count, 2);
  assert.equal(event!.firstTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(event!.lastTimestamp, '2026-01-01T00:01:00Z');
  assert.deepEqual(event!.source, { component: 'kubelet', host: 'n1' });
  assert.equal(event!.reportingComponent, 'kubelet');
  assert.deepEqual(event!.involvedObject, {
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'p',
    namespace: 'ns',
    uid: pod.metadata.uid,
    resourceVersion: pod.metadata.resourceVersion,
    fieldPath: 'spec.containers{c}',
  });
  await recorder[Symbol.asyncDispose]();
});

test('similar events are combined from the tenth on', async () => {
  const { clock, client, recorder, pod } = setUp();
  for (let i = 0; i < 12; i++) {
    recorder.event(pod, 'Warning', 'Failed', `try ${i}`);
    await clock.advance(1000);
  }
  const messages = client.all(events, 'ns').map(({ message, count }) => `${count} ${message}`);
  assert.equal(messages.length, 10);
  assert.ok(messages.includes('3 (combined from similar events): try 11'), messages.join('\n'));
  await recorder[Symbol.asyncDispose]();
});

test('an object with too many events is cut off, and gets one in five minutes again', async () => {
  const { clock, client, recorder, pod } = setUp();
  for (let i = 0; i < 40; i++) recorder.event(pod, 'Normal', `Reason${i}`, 'm');
  await clock.settle();
  assert.equal(client.all(events, 'ns').length, 25);
  await clock.advance(300_000);
  recorder.event(pod, 'Normal', 'Again', 'm');
  recorder.event(pod, 'Normal', 'Not', 'm');
  await clock.settle();
  assert.equal(client.all(events, 'ns').length, 26);
  await recorder[Symbol.asyncDispose]();
});

test('an event that expired on the server is written anew; a server that is away is asked again', async () => {
  const { clock, client, recorder, pod } = setUp();
  recorder.event(pod, 'Normal', 'Started', 'm');
  await clock.settle();
  await client.delete(events, client.all(events, 'ns')[0]!.metadata.name, 'ns');
  let down = true;
  client.before(({ verb }) => {
    if (down && verb !== 'get') throw new Error('connection refused');
  });
  recorder.event(pod, 'Normal', 'Started', 'm');
  await clock.advance(25_000);
  assert.equal(client.all(events, 'ns').length, 0);
  down = false;
  await clock.advance(10_000);
  assert.deepEqual(
    client.all(events, 'ns').map(({ count }) => count),
    [2],
  );
  await recorder[Symbol.asyncDispose]();
  assert.equal(clock.pending, 0);
});

test('series: the second of a kind makes a series, further ones are written when time has passed', async () => {
  const { clock, client, recorder, pod } = setUp({
    component: 'default-scheduler',
    style: 'series',
    host: undefined,
  });
  const fail = () =>
    recorder.event(pod, 'Warning', 'FailedScheduling', '0/1 nodes are available', { action: 'Scheduling' });
  fail();
  await clock.settle();
  const first = client.all(series, 'ns')[0]!;
  assert.equal(first.eventTime, '2026-01-01T00:00:00.000000Z');
  assert.equal(first.note, '0/1 nodes are available');
  assert.equal(first.action, 'Scheduling');
  assert.equal(first.series, undefined);
  for (let i = 0; i < 4; i++) {
    await clock.advance(10_000);
    fail();
  }
  await clock.settle();
  assert.equal(client.all(series, 'ns')[0]?.series?.count, 2);
  await clock.advance(360_000);
  assert.deepEqual(client.all(series, 'ns')[0]?.series, {
    count: 5,
    lastObservedTime: '2026-01-01T00:00:40.000000Z',
  });
  await clock.advance(1_000_000);
  assert.equal(clock.pending, 0, 'a finished series is forgotten');
  fail();
  await clock.settle();
  assert.equal(client.all(series, 'ns').length, 2);
  await recorder[Symbol.asyncDispose]();
});

test('names depend on nothing but the clock that the recorder was given', async () => {
  const names = async (): Promise<string[]> => {
    const { clock, client, recorder, pod } = setUp();
    for (const reason of ['A', 'B', 'C']) recorder.event(pod, 'Normal', reason, reason);
    await clock.settle();
    await recorder[Symbol.asyncDispose]();
    return client.all(events, 'ns').map(({ metadata }) => metadata.name);
  };
  const first = await names();
  assert.equal(new Set(first).size, 3);
  assert.deepEqual(await names(), first);
});
