import { controllerOf, type KubeObject, keyOf, type Stored } from '../machinery/object.ts';
import { isConflict, isNamespaceTerminating } from '../machinery/status-error.ts';
import type { ComponentContext } from './component.ts';
import type { Controller, ControllerFactory, Watch } from './controller.ts';
import { controllerMetrics, type Outcome } from './controller-metrics.ts';
import { createQueue } from './queue.ts';
import { timeSlice } from './time-slice.ts';

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** Names the owner's key; owners of a kind that the controller watches as cluster-scoped have no namespace in theirs. */
function ownerKey(object: KubeObject, watch: Watch, namespaced: boolean): string[] {
  const owner = controllerOf(object);
  const wanted = watch.owns;
  if (!owner || !wanted || owner.kind !== wanted.kind) return [];
  if (groupOf(owner.apiVersion) !== groupOf(wanted.apiVersion)) return [];
  const namespace = namespaced ? object.metadata?.namespace : undefined;
  return [keyOf({ metadata: { name: owner.name, namespace } })];
}

type KeysOf = (object: Stored<KubeObject>, previous: Stored<KubeObject> | undefined) => string[];

function keysOf(watch: Watch, all: readonly Watch[]): KeysOf {
  const { keys, owns } = watch;
  if (keys) return keys;
  if (!owns) return object => [keyOf(object)];
  const owner = all.find(
    ({ resource }) => resource.kind === owns.kind && resource.group === groupOf(owns.apiVersion),
  );
  const namespaced = owner?.resource.namespaced ?? true;
  return (object, previous) => [
    ...ownerKey(object, watch, namespaced),
    ...(previous ? ownerKey(previous, watch, namespaced) : []),
  ];
}

const isTerminal = (error: unknown): boolean => (error as { terminal?: unknown } | null)?.terminal === true;

/** Errors that only a mistake of ours makes. */
const isPanic = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof ReferenceError ||
  error instanceof RangeError ||
  !(error instanceof Error);

/**
 * Runs a controller: its watches give keys, the queue keeps each key to one worker at a time, failures are retried with back-off.
 * Resolves once caches have synced and workers run; disposing stops taking keys and waits for the reconciles that run.
 * `signal` gives up the wait for caches.
 */
export async function runController(
  context: ComponentContext,
  given: ControllerFactory | Controller,
  options: { signal?: AbortSignal } = {},
): Promise<AsyncDisposable> {
  const controller = typeof given === 'function' ? given(context) : given;
  const { name, watches, workers = 1 } = controller;
  const { clock, metrics, informers } = context;
  const logger = context.logger.child(name);
  const queue = createQueue({ clock, metrics, name });
  const measure = controllerMetrics(name, metrics);
  const slice = timeSlice(clock);
  const stop = new AbortController();

  const removals = watches.map(watch => {
    const keys = keysOf(watch, watches);
    const handle = (
      event: 'added' | 'updated' | 'deleted',
      object: Stored<KubeObject>,
      previous?: Stored<KubeObject>,
    ): void => {
      watch.observe?.(event, object, previous);
      for (const key of keys(object, previous)) queue.add(key);
    };
    return informers.for(watch.resource, watch.scope).addHandler({
      added: object => handle('added', object),
      updated: (object, previous) => handle('updated', object, previous),
      deleted: object => handle('deleted', object),
    });
  });

  const failed = (key: string, error: unknown): Outcome => {
    if (isNamespaceTerminating(error)) {
      queue.forget(key);
      return 'success';
    }
    if (isTerminal(error)) {
      queue.forget(key);
      logger.error('reconcile failed, not retried', { key, error });
      return 'terminal';
    }
    queue.addRateLimited(key);
    if (isConflict(error)) {
      logger.debug('conflict, retried', { key, error });
      return 'conflict';
    }
    const panic = isPanic(error);
    const retries = queue.retries(key);
    if (panic) logger.error('reconcile panicked', { key, retries, error });
    else logger.warn('reconcile failed', { key, retries, error });
    return panic ? 'panic' : 'error';
  };

  const reconcile = async (key: string): Promise<void> => {
    const began = clock.monotonic();
    let outcome: Outcome = 'success';
    measure.started();
    try {
      const result = await controller.reconcile(key, stop.signal);
      queue.forget(key);
      if (result?.requeueAfterMs !== undefined) {
        queue.addAfter(key, result.requeueAfterMs);
        outcome = 'requeue_after';
      }
    } catch (error) {
      if (!stop.signal.aborted) outcome = failed(key, error);
    } finally {
      measure.ended(outcome, (clock.monotonic() - began) / 1000);
      queue.done(key);
    }
  };

  const work = async (): Promise<void> => {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      await reconcile(key);
      await slice.spent();
    }
  };

  let running: Promise<void>[] = [];
  const dispose = async (): Promise<void> => {
    for (const remove of removals) remove();
    queue.shutDown();
    stop.abort(new Error(`controller ${name} is stopping`));
    await Promise.all(running);
  };

  try {
    await Promise.all(
      watches.map(({ resource, scope }) => informers.for(resource, scope).whenSynced(options.signal)),
    );
    await controller.started?.();
  } catch (error) {
    await dispose();
    throw error;
  }
  running = Array.from({ length: workers }, work);
  logger.debug('started', { workers });
  return { [Symbol.asyncDispose]: dispose };
}
