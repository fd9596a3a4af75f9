// The Job controller (upstream: pkg/controller/job). Not here yet: backoffLimitPerIndex, podFailurePolicy, successPolicy.
import { jobs } from '../../api/generated/resources/batch.v1.ts';
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Job, V1JobStatus, V1Pod } from '../../api/generated/types.ts';
import { slowStartBatch } from '../../client/batch.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import { createExpectations } from '../../client/expectations.ts';
import { timestamp } from '../../machinery/clock.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector, everything, type LabelSelector, nothing } from '../../machinery/labels.ts';
import { controllerOf, type Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { ControllerContext } from '../common/context.ts';
import { claim, dependentsOf, indexByController, orphansIn, ownerKeys } from '../common/owners.ts';
import { observePods } from '../common/pod-expectations.ts';
import { createPodWriter } from '../common/pod-writer.ts';
import { isPodTerminal } from '../common/pods.ts';
import { formatIndexes, indexOf, parseIndexes } from './indexes.ts';
import {
  backoffMs,
  type Counts,
  countPods,
  freeIndexes,
  isFinished,
  isIndexed,
  isTracked,
  trackingFinalizer,
  verdict,
  wantedActive,
} from './plan.ts';
import { jobPod } from './pod.ts';
import { nextStatus } from './status.ts';

type Job = Stored<V1Job>;
type Pod = Stored<V1Pod>;

const trackedIndex = 'tracked-by-job';
const ownManager = 'kubernetes.io/job-controller';
const selectorOf = (job: V1Job): LabelSelector =>
  job.spec?.selector ? compileLabelSelector(job.spec.selector) : nothing;

export function createJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('job-controller');
  const writer = createPodWriter(client, events);
  const expectations = createExpectations(clock);
  const jobCache = informers.for(jobs);
  const podCache = informers.for(pods);
  indexByController(podCache);
  podCache.addIndex(trackedIndex, pod => {
    const name = isTracked(pod) ? jobNameOf(pod) : undefined;
    return name ? [`${pod.metadata.namespace}/${name}`] : [];
  });

  const untrack = async (pod: Pod): Promise<void> => {
    const finalizers = pod.metadata.finalizers?.filter(name => name !== trackingFinalizer) ?? [];
    const { name, namespace, resourceVersion } = pod.metadata;
    try {
      await client.patch(pods, name, namespace, {
        type: 'merge',
        body: { metadata: { resourceVersion, finalizers } },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  const createPods = async (
    key: string,
    job: Job,
    count: number,
    indexes: readonly number[],
  ): Promise<unknown> => {
    expectations.expect(key, count);
    let attempted = 0;
    const { error } = await slowStartBatch(count, async at => {
      attempted++;
      try {
        await writer.create(jobPod(job, indexes[at]), job);
      } catch (refusal) {
        expectations.created(key);
        throw refusal;
      }
    });
    for (; attempted < count; attempted++) expectations.created(key);
    return error;
  };

  const deletePods = async (key: string, job: Job, list: readonly Pod[]): Promise<void> => {
    if (list.length === 0) return;
    expectations.expect(
      key,
      0,
      list.map(({ metadata }) => metadata.uid),
    );
    for (const pod of list) if (!(await writer.delete(pod, job))) expectations.deleted(key, pod.metadata.uid);
  };

  /** First the status names what ended, then the Pods are let go, then the counters take them in: none is counted twice or never. */
  const account = async (job: Job, own: readonly Pod[], counts: Counts): Promise<Job> => {
    const tracked = own.filter(isTracked);
    const pending = { succeeded: [] as string[], failed: [] as string[] };
    let { succeeded = 0, failed = 0 } = job.status ?? {};
    const { uncountedTerminatedPods: before } = job.status ?? {};
    const held = new Set(tracked.map(({ metadata }) => metadata.uid));
    for (const uid of before?.succeeded ?? [])
      if (held.has(uid)) pending.succeeded.push(uid);
      else succeeded++;
    for (const uid of before?.failed ?? [])
      if (held.has(uid)) pending.failed.push(uid);
      else failed++;
    for (const pod of counts.ended)
      pending[pod.status?.phase === 'Succeeded' ? 'succeeded' : 'failed'].push(pod.metadata.uid);
    const done = doneIndexes(job, own);
    const status: V1JobStatus = {
      ...job.status,
      succeeded,
      failed,
      uncountedTerminatedPods: pending,
      ...(isIndexed(job) ? { completedIndexes: formatIndexes(done) } : {}),
    };
    const written = semanticEqual(normal(job.status), normal(status))
      ? job
      : await client.updateStatus(jobs, { ...job, status });
    const letGo = tracked.filter(
      ({ metadata }) => pending.succeeded.includes(metadata.uid) || pending.failed.includes(metadata.uid),
    );
    await Promise.all(letGo.map(untrack));
    if (letGo.length === 0) return { ...written, status };
    return {
      ...written,
      status: {
        ...status,
        succeeded: succeeded + pending.succeeded.length,
        failed: failed + pending.failed.length,
        uncountedTerminatedPods: {},
      },
    };
  };

  /** A finished Job's Pods: what still runs ends, what has ended is let go. */
  const windUp = async (key: string, job: Job, own: readonly Pod[], counts: Counts): Promise<void> => {
    await Promise.all(
      own.filter(pod => isTracked(pod) && (isPodTerminal(pod) || !isLiving(pod))).map(untrack),
    );
    if (expectations.satisfied(key)) await deletePods(key, job, counts.active);
  };

  const round = async (key: string, cached: Job): Promise<Result> => {
    const own = await claim({
      client,
      ownerResource: jobs,
      owner: cached,
      resource: pods,
      selector: cached.spec?.selector ? compileLabelSelector(cached.spec.selector) : everything,
      candidates: [
        ...dependentsOf(podCache, cached.metadata.uid),
        ...(cached.spec?.selector ? orphansIn(podCache, cached.metadata.namespace) : []),
      ],
    });
    const counts = countPods(cached, own);
    const now = clock.now();
    if (isFinished(cached) || cached.metadata.deletionTimestamp) {
      await windUp(key, cached, own, counts);
      return undefined;
    }
    const job = await account(started(cached, now), own, counts);
    const done = doneIndexes(job, own);
    const completed = isIndexed(job) ? done.size : counts.succeeded;
    const end = verdict(job, counts, completed, now);
    let failure: unknown;
    let waitMs: number | undefined;
    if (end) await deletePods(key, job, counts.active);
    else if (expectations.satisfied(key)) {
      const wanted = wantedActive(job, counts, completed);
      if (counts.active.length > wanted) await deletePods(key, job, counts.active.slice(wanted));
      const room = wanted - counts.active.length - counts.terminating.length;
      waitMs = room > 0 ? backoffMs(own, counts.failed, now) : undefined;
      if (room > 0 && waitMs === 0) {
        const indexes = isIndexed(job)
          ? freeIndexes(job, done, [...counts.active, ...counts.terminating], room)
          : [];
        failure = await createPods(key, job, isIndexed(job) ? indexes.length : room, indexes);
      }
    }
    await writeStatus(cached, job, counts, end);
    if (failure !== undefined) throw failure;
    const deadline = job.spec?.activeDeadlineSeconds;
    const start = job.status?.startTime;
    const deadlineMs =
      deadline !== undefined && start ? Date.parse(start) + deadline * 1000 - now : undefined;
    const waits = [waitMs, deadlineMs].filter(wait => wait !== undefined && wait > 0) as number[];
    return waits.length > 0 && !end ? { requeueAfterMs: Math.min(...waits) } : undefined;
  };

  const writeStatus = async (
    cached: Job,
    job: Job,
    counts: Counts,
    end: ReturnType<typeof verdict>,
  ): Promise<void> => {
    const { status, news } = nextStatus(job, counts, end, clock);
    for (const { type, reason, message } of news) events.event(job, type, reason, message);
    const isFresh = job.metadata.resourceVersion === cached.metadata.resourceVersion;
    if (!isFresh || !semanticEqual(normal(cached.status), normal(status)))
      await client.updateStatus(jobs, { ...job, status });
  };

  const keysOf = ownerKeys(jobCache, selectorOf);
  return {
    name: 'job',
    workers: 5,
    watches: [
      watching({ resource: jobs }),
      watching({
        resource: pods,
        observe: observePods(expectations, 'Job'),
        keys: (pod, previous) => {
          const name = isTracked(pod) && !controllerOf(pod) ? jobNameOf(pod) : undefined;
          return [...keysOf(pod, previous), ...(name ? [`${pod.metadata.namespace}/${name}`] : [])];
        },
      }),
    ],
    async reconcile(key) {
      const job = jobCache.get(key);
      // Pods of a Job that is gone would wait for ever to be counted.
      const strays = podCache
        .byIndex(trackedIndex, key)
        .filter(pod => controllerOf(pod)?.uid !== job?.metadata.uid);
      await Promise.all(strays.map(untrack));
      if (!job) {
        expectations.forget(key);
        return undefined;
      }
      const manager = job.spec?.managedBy;
      return manager && manager !== ownManager ? undefined : round(key, job);
    },
  };
}

/** The Job that made the Pod, also after its owner reference is gone. */
const jobNameOf = (pod: Pod): string | undefined => {
  const owner = controllerOf(pod);
  if (owner) return owner.kind === 'Job' ? owner.name : undefined;
  return pod.metadata.labels?.['batch.kubernetes.io/job-name'];
};

const isLiving = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined;

/** The Job with its start time: set when it starts, taken away while it is suspended. */
function started(job: Job, now: number): Job {
  const { startTime, ...status } = job.status ?? {};
  if (job.spec?.suspend) return { ...job, status };
  return startTime ? job : { ...job, status: { ...job.status, startTime: timestamp(now) } };
}

function doneIndexes(job: Job, own: readonly Pod[]): Set<number> {
  const done = parseIndexes(job.status?.completedIndexes, job.spec?.completions ?? 0);
  for (const pod of own) {
    const index = pod.status?.phase === 'Succeeded' ? indexOf(pod) : undefined;
    if (index !== undefined && index < (job.spec?.completions ?? 0)) done.add(index);
  }
  return done;
}

const normal = (status: V1JobStatus | undefined): object =>
  Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0 && value !== ''));
