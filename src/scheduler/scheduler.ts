import { nodes, pods } from '../api/generated/resources/core.v1.ts';
import type { V1Pod } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';
import { createEventRecorder } from '../client/events.ts';
import { timeSlice } from '../client/time-slice.ts';
import type { Stored } from '../machinery/object.ts';
import { bindPod } from './bind.ts';
import { evictVictims } from './evict.ts';
import { defaultFilters } from './filters.ts';
import { fitMessage } from './fit-error.ts';
import type { View } from './framework.ts';
import { createLookups, whenLookupsSynced } from './lookups.ts';
import { schedulerMetrics } from './metrics.ts';
import { Nominations } from './nominations.ts';
import { findPreemption } from './preemption.ts';
import { type QueuedPod, SchedulingQueue } from './queue.ts';
import { createReporter } from './report.ts';
import { defaultScores } from './scores.ts';
import { NodeSelector, type Plugins, type Refusal } from './select-node.ts';
import { Snapshot } from './snapshot.ts';
import { bindVolumes, reserveVolumes } from './volume-binding.ts';
import { followCluster } from './watch-cluster.ts';

export interface SchedulerOptions {
  /** Pods that name it in `spec.schedulerName` are ours; default `default-scheduler`. */
  name?: string;
  plugins?: Plugins;
  /** Where it runs, as events tell it. */
  host?: string;
  signal?: AbortSignal;
}

/**
 * Gives pods their nodes: one pod after the other, each decision at once and without waiting; bindings go on in the background
 * while the snapshot already counts the pod on its node. Resolves when the caches have synced; `signal` gives up that wait.
 */
export async function startScheduler(
  context: ComponentContext,
  options: SchedulerOptions = {},
): Promise<AsyncDisposable> {
  const { name = 'default-scheduler', plugins = { filters: defaultFilters, scores: defaultScores } } =
    options;
  const { client, clock, informers, random } = context;
  const logger = context.logger.child('scheduler');
  const snapshot = new Snapshot();
  const nominations = new Nominations();
  const view: View = { snapshot, lookups: createLookups(informers), nominations };
  const selector = new NodeSelector(plugins, random);
  const recorder = createEventRecorder(context, { component: name, host: options.host, style: 'series' });
  const report = createReporter({ ...context, logger }, recorder);
  const measure = schedulerMetrics(context.metrics, name);
  const slice = timeSlice(clock);
  const podCache = informers.for(pods);
  const stop = new AbortController();
  const background = new Set<Promise<void>>();
  let running = false;
  let looping: Promise<void> | undefined;

  const queue = new SchedulingQueue({
    clock,
    events: new Map(plugins.filters.map(plugin => [plugin.name, plugin.events])),
    ready: () => {
      if (running) looping ??= Promise.resolve().then(loop);
    },
  });

  /** The pod as it is now, if it still wants a node. */
  const stillWaiting = ({ info }: QueuedPod): Stored<V1Pod> | undefined => {
    const latest = podCache.get(info.key);
    return latest?.metadata.uid === info.uid && !latest.spec?.nodeName ? latest : undefined;
  };

  const inBackground = (work: Promise<void>): void => {
    background.add(work);
    void work.finally(() => background.delete(work));
  };

  const drop = ({ info }: QueuedPod): void => queue.remove(info.key);

  const failed = (queued: QueuedPod, error: unknown, text: string): void => {
    measure.attempt('error', queued, clock.monotonic());
    const latest = stillWaiting(queued);
    if (!latest) {
      drop(queued);
      return;
    }
    logger.warn('scheduling failed', { pod: queued.info.key, error });
    queue.failed(queued);
    report.failed(latest, 'SchedulerError', text);
  };

  const rejected = (queued: QueuedPod, refusal: Refusal): void => {
    measure.attempt('unschedulable', queued, clock.monotonic());
    const latest = stillWaiting(queued);
    if (!latest) {
      drop(queued);
      return;
    }
    const { info } = queued;
    const found = refusal.nodes > 0 ? findPreemption(plugins.filters, info, view, refusal) : { message: '' };
    queue.rejected(queued, refusal.plugins);
    if ('message' in found) {
      report.failed(latest, 'Unschedulable', fitMessage(refusal, found.message));
      return;
    }
    const node = found.node.name;
    for (const { uid } of nominations.after(info, node)) nominations.remove(uid);
    nominations.set(info, node);
    report.failed(latest, 'Unschedulable', fitMessage(refusal), node);
    inBackground(evictVictims(context, recorder, info, found.victims, node, name));
  };

  const bind = async (queued: QueuedPod, node: string): Promise<void> => {
    const { info } = queued;
    try {
      await bindVolumes(context, view.lookups, info, node, stop.signal);
      await bindPod(client, info, node);
    } catch (error) {
      snapshot.forget(info);
      queue.happened('pod-deleted');
      if (stop.signal.aborted) return;
      failed(
        queued,
        error,
        `binding rejected: running Bind plugin "DefaultBinder": ${(error as Error).message}`,
      );
      return;
    }
    drop(queued);
    measure.attempt('scheduled', queued, clock.monotonic());
    report.scheduled(info.pod, node);
  };

  const schedule = (queued: QueuedPod): void => {
    const { info } = queued;
    if (info.pod.metadata.deletionTimestamp || snapshot.isAssumed(info.key)) {
      drop(queued);
      return;
    }
    const began = clock.monotonic();
    try {
      const selection = selector.select(info, view);
      measure.decided(clock.monotonic() - began);
      if ('refusal' in selection) {
        rejected(queued, selection.refusal);
        return;
      }
      const node = selection.node.name;
      reserveVolumes(view.lookups, info, selection.node);
      snapshot.assume(info, node);
      nominations.remove(info.uid);
      inBackground(bind(queued, node));
    } catch (error) {
      failed(queued, error, (error as Error).message);
    }
  };

  const loop = async (): Promise<void> => {
    for (let queued = queue.pop(); queued && running; queued = queue.pop()) {
      schedule(queued);
      await slice.spent();
    }
    looping = undefined;
  };

  const unfollow = followCluster({ informers, snapshot, queue, nominations, schedulerName: name });
  const dispose = async (): Promise<void> => {
    running = false;
    unfollow();
    queue.dispose();
    stop.abort(new Error('the scheduler is stopping'));
    await looping;
    await Promise.all(background);
    await recorder[Symbol.asyncDispose]();
  };
  try {
    // Not those of other components that share the caches.
    await Promise.all([
      podCache.whenSynced(options.signal),
      informers.for(nodes).whenSynced(options.signal),
      whenLookupsSynced(informers, options.signal),
    ]);
  } catch (error) {
    await dispose();
    throw error;
  }
  running = true;
  looping = Promise.resolve().then(loop);
  logger.info('started', { nodes: snapshot.nodes.length });
  return { [Symbol.asyncDispose]: dispose };
}
