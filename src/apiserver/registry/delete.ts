import type { V1DeleteOptions } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import { equal } from '../../machinery/equality.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { conflict, notFound } from '../../machinery/status-errors.ts';
import { encodeForStorage } from '../watch-cache/encoding.ts';
import { Entry, handOver, type View } from '../watch-cache/entry.ts';
import { cloneJson } from './clone.ts';
import { admissionOf, type Core, hooksOf, keyOf, swap, validateAdmission, type WriteCall } from './core.ts';
import { hasDependents, lifecycleOf } from './facts.ts';
import { createPatience } from './turns.ts';

export interface Deleted {
  /** The object as it was last. */
  view: View;
  /** False where finalizers or a grace period hold it. */
  gone: boolean;
  /** The deletion had been asked for before, and this one changed nothing. */
  pending: boolean;
}

type Metadata = Stored<KubeObject>['metadata'];

/** A deletion (registry Store.Delete): at once, or marked and left to who holds the finalizers or the grace period. */
export function deleteObject(core: Core, call: WriteCall, options: V1DeleteOptions): Promise<Deleted> {
  const key = keyOf(call.registration, call.namespace, call.name);
  const checkPatience = createPatience(core.clock);
  return core.turns(key, () => remove(core, call, options, key, checkPatience));
}

async function remove(
  core: Core,
  call: WriteCall,
  options: V1DeleteOptions,
  key: string,
  checkPatience: () => void,
): Promise<Deleted> {
  const { registration, name } = call;
  let entry = (await core.caches.fresh(registration.storagePrefix)).get(key);
  for (;;) {
    checkPatience();
    if (!entry) throw notFound(registration, name);
    const view = entry.view(registration);
    checkPreconditions(call, view.object, options);
    await validateAdmission(core, admissionOf(call, 'DELETE', undefined, view.object));
    const plan = planDeletion(core, call, view.object, options);
    if (plan === 'pending') return { view, gone: false, pending: true };
    if (call.dryRun) {
      const changed = plan.mark ? dryView(call, plan.mark, key, entry) : view;
      return { view: changed, gone: plan.remove, pending: false };
    }
    const result: Marked = plan.remove
      ? await swap(core, key, entry.revision, undefined)
      : await mark(core, call, key, entry, plan.mark);
    if (result.revision !== undefined) {
      if (!plan.remove)
        return {
          view: new Entry(key, result.value!, result.revision).view(registration),
          gone: false,
          pending: false,
        };
      const last = entry.at(result.revision).view(registration);
      for (const hook of hooksOf(core, registration)) await hook.afterDelete?.(last.object);
      return { view: last, gone: true, pending: false };
    }
    entry = result.current && core.caches.entryOf(registration.storagePrefix, result.current);
  }
}

type Marked = { revision?: number; value?: Uint8Array; current?: Parameters<Core['caches']['entryOf']>[1] };

async function mark(
  core: Core,
  call: WriteCall,
  key: string,
  entry: Entry,
  object: KubeObject,
): Promise<Marked> {
  if (equal(object, entry.view(call.registration).object))
    return { revision: entry.revision, value: entry.value };
  const { conversion } = call.registration;
  const stored = conversion ? conversion.toStorage(object) : object;
  const value = encodeForStorage(stored);
  delete stored.metadata!.resourceVersion;
  handOver(value, stored);
  const result = await swap(core, key, entry.revision, value);
  return result.revision !== undefined ? { revision: result.revision, value } : { current: result.current };
}

function dryView(call: WriteCall, object: KubeObject, key: string, entry: Entry): View {
  const { conversion } = call.registration;
  const value = encodeForStorage(conversion ? conversion.toStorage(object) : object);
  return new Entry(key, value, entry.revision).view(call.registration);
}

function checkPreconditions(
  { registration, name }: WriteCall,
  object: Stored<KubeObject>,
  options: V1DeleteOptions,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const is = object.metadata;
  if (uid !== undefined && uid !== is.uid) {
    throw conflict(
      registration,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${is.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== is.resourceVersion) {
    throw conflict(
      registration,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${is.resourceVersion}). The object might have been modified`,
    );
  }
}

type Plan = 'pending' | { remove: true; mark?: undefined } | { remove: false; mark: KubeObject };

/** What a deletion does to an object as it is now. */
export function planDeletion(
  core: Pick<Core, 'clock'>,
  { registration }: Pick<WriteCall, 'registration'>,
  old: Stored<KubeObject>,
  options: V1DeleteOptions,
): Plan {
  const lifecycle = lifecycleOf(registration);
  const object = cloneJson(old) as Stored<KubeObject>;
  const { metadata } = object;
  const now = core.clock.now();
  const gracefully = registration.strategy.gracePeriodSeconds;
  let graceful = false;
  if (gracefully) {
    const step = gracefulStep(metadata, options, now, () =>
      lifecycle.immediate?.(old) ? 0 : Math.max(options.gracePeriodSeconds ?? gracefully(old), -1),
    );
    if (step === 'pending') return 'pending';
    graceful = step === 'changed';
  }
  if (hasDependents(registration))
    setDependentsFinalizer(metadata, registration.strategy.defaultPropagation, options);
  if (
    lifecycle.finalizer &&
    !metadata.deletionTimestamp &&
    !metadata.finalizers?.includes(lifecycle.finalizer)
  )
    metadata.finalizers = [...(metadata.finalizers ?? []), lifecycle.finalizer];
  const held = (metadata.finalizers?.length ?? 0) > 0 || lifecycle.held?.(object) === true;
  if (graceful) {
    const waits = held || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
    return waits ? { remove: false, mark: object } : { remove: true };
  }
  if (!held) return { remove: true };
  if (!metadata.deletionTimestamp && metadata.generation) metadata.generation++;
  if (!metadata.deletionTimestamp || Date.parse(metadata.deletionTimestamp) > now)
    metadata.deletionTimestamp = timestamp(now) as Metadata['deletionTimestamp'];
  if (lifecycle.markDeleting) lifecycle.markDeleting(object);
  else metadata.deletionGracePeriodSeconds = 0;
  return { remove: false, mark: object };
}

/** The part of rest.BeforeDelete that graceful kinds have. */
function gracefulStep(
  metadata: Metadata,
  options: V1DeleteOptions,
  now: number,
  grace: () => number,
): 'pending' | 'changed' | 'none' {
  const set = (time: number, seconds: number): void => {
    metadata.deletionTimestamp = timestamp(time) as Metadata['deletionTimestamp'];
    metadata.deletionGracePeriodSeconds = seconds;
  };
  if (metadata.deletionTimestamp) {
    const given = metadata.deletionGracePeriodSeconds;
    if (given === undefined) return 'none';
    const asked = options.gracePeriodSeconds;
    if (asked === undefined || asked === null || asked >= given) return 'pending';
    const seconds = asked < 0 ? 1 : asked;
    set(Date.parse(metadata.deletionTimestamp) + (seconds - given) * 1000, seconds);
    return 'changed';
  }
  const asked = grace();
  const seconds = asked < 0 ? 1 : asked;
  set(now + seconds * 1000, seconds);
  if (metadata.generation) metadata.generation++;
  return 'changed';
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** Leaves in metadata the finalizer that makes the garbage collector treat dependents as asked. */
function setDependentsFinalizer(
  metadata: Metadata,
  byDefault: 'background' | 'orphan' | undefined,
  options: V1DeleteOptions,
): void {
  const present = metadata.finalizers ?? [];
  const wanted = ((): string | undefined => {
    if (options.orphanDependents !== undefined && options.orphanDependents !== null)
      return options.orphanDependents ? orphan : undefined;
    if (options.propagationPolicy === 'Orphan') return orphan;
    if (options.propagationPolicy === 'Foreground') return foreground;
    if (options.propagationPolicy === 'Background') return undefined;
    return (
      present.find(finalizer => finalizer === orphan || finalizer === foreground) ??
      (byDefault === 'orphan' ? orphan : undefined)
    );
  })();
  const kept = present.filter(finalizer => finalizer !== orphan && finalizer !== foreground);
  if (wanted) kept.push(wanted);
  if (kept.length === present.length && kept.every(finalizer => present.includes(finalizer))) return;
  if (kept.length > 0) metadata.finalizers = kept;
  else delete metadata.finalizers;
}
