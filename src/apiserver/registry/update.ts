import { equal } from '../../machinery/equality.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { conflict, invalid, modified, notFound } from '../../machinery/status-errors.ts';
import type { Reservation } from '../contracts.ts';
import { encodeForStorage } from '../watch-cache/encoding.ts';
import { Entry, handOver, type View } from '../watch-cache/entry.ts';
import { cloneJson } from './clone.ts';
import {
  admissionOf,
  admit,
  type Core,
  hooksOf,
  keyOf,
  swap,
  validateAdmission,
  type WriteCall,
} from './core.ts';
import { insert } from './create.ts';
import { checkName, ensureNamespace } from './decode.ts';
import { createsOnUpdate, lifecycleOf, needsVersion, partsOf } from './facts.ts';
import { trackUpdate, withoutTimestampNoise } from './managed-fields.ts';
import { dedupeOwners, keepSystemFields, refuse, wipeSystemFields } from './metadata.ts';
import { createPatience } from './turns.ts';
import { validateMetadata, validateMetadataUpdate } from './validation.ts';

export interface UpdatePlan {
  /** The new object, the caller's own, from what exists now; called again after a lost race. */
  produce(existing: Stored<KubeObject> | undefined): KubeObject | Promise<KubeObject>;
  /** Makes the object where there is none (server-side apply); without it the kind decides. */
  create?: boolean;
  /** `produce` has already said who owns which fields. */
  tracked?: boolean;
  /** The server's own: past admission and the kind's rules for updates. */
  unchecked?: boolean;
}

export interface Written {
  view: View;
  created: boolean;
}

/** Replaces an object, or the part of it that `call.subresource` stands for, by optimistic writes until one holds. */
export function updateObject(core: Core, call: WriteCall, plan: UpdatePlan): Promise<Written> {
  const key = keyOf(call.registration, call.namespace, call.name);
  const checkPatience = createPatience(core.clock);
  return core.turns(key, () => update(core, call, plan, key, checkPatience));
}

async function update(
  core: Core,
  call: WriteCall,
  plan: UpdatePlan,
  key: string,
  checkPatience: () => void,
): Promise<Written> {
  const { registration } = call;
  const { storagePrefix } = registration;
  let entry = (await core.caches.fresh(storagePrefix)).get(key);
  for (;;) {
    checkPatience();
    if (!entry) {
      const allowed = !call.subresource && !plan.unchecked && (plan.create || createsOnUpdate(registration));
      if (!allowed) throw notFound(registration, call.name);
      const created = await createByUpdate(core, call, plan);
      return { view: created, created: true };
    }
    const attempt = await tryUpdate(core, call, plan, key, entry);
    if ('view' in attempt) return { view: attempt.view, created: false };
    entry = attempt.current && core.caches.entryOf(storagePrefix, attempt.current);
  }
}

async function createByUpdate(core: Core, call: WriteCall, plan: UpdatePlan): Promise<View> {
  const object = await plan.produce(undefined);
  ensureNamespace(object, call.registration, call.namespace);
  checkName(object, call.name);
  const uid = object.metadata?.uid;
  if (uid) throw preconditionFailed(call, keyOf(call.registration, call.namespace, call.name), uid, '');
  wipeSystemFields(object);
  if (!plan.tracked) trackUpdate(core, call, undefined, object);
  await admit(core, admissionOf(call, 'CREATE', object, undefined));
  dedupeOwners(object, call);
  return insert(core, call, object);
}

type Attempt = { view: View } | { current: Parameters<Core['caches']['entryOf']>[1] | undefined };

async function tryUpdate(
  core: Core,
  call: WriteCall,
  plan: UpdatePlan,
  key: string,
  entry: Entry,
): Promise<Attempt> {
  const { registration, name, dryRun } = call;
  const { conversion } = registration;
  const oldView = entry.view(registration);
  const old = oldView.object;
  const object = await plan.produce(old);
  ensureNamespace(object, registration, call.namespace);
  checkName(object, name);
  const metadata = object.metadata!;
  if (metadata.uid && metadata.uid !== old.metadata.uid)
    throw preconditionFailed(call, key, metadata.uid, old.metadata.uid);
  if (!metadata.resourceVersion && needsVersion(registration)) throw versionMissing(call);
  if (metadata.resourceVersion && metadata.resourceVersion !== old.metadata.resourceVersion)
    throw modified(registration, name);
  metadata.resourceVersion = old.metadata.resourceVersion;
  if (!plan.unchecked) await check(core, call, plan, object, old);

  const emptied = leavesNow(call, object, old);
  if (!emptied && equal(object, old)) return { view: oldView };

  const reservations: Reservation[] = [];
  try {
    for (const hook of hooksOf(core, registration)) {
      const reservation = await hook.beginUpdate?.(object, old, dryRun);
      if (reservation) reservations.push(reservation);
    }
    const stored = conversion ? conversion.toStorage(object) : object;
    const value = encodeForStorage(stored);
    if (dryRun) return { view: new Entry(key, value, entry.revision).view(registration) };
    delete stored.metadata!.resourceVersion;
    if (!emptied) handOver(value, stored);
    const result = await swap(core, key, entry.revision, emptied ? undefined : value);
    if (result.revision === undefined) return result;
    for (const reservation of reservations.splice(0)) await reservation.commit();
    const view = new Entry(key, value, emptied ? entry.revision : result.revision).view(registration);
    if (emptied) for (const hook of hooksOf(core, registration)) await hook.afterDelete?.(view.object);
    return { view };
  } finally {
    for (const reservation of reservations) await reservation.rollback();
  }
}

/** What stands between a new object and the store: owners, admission, the kind's own rules. */
async function check(
  core: Core,
  call: WriteCall,
  plan: UpdatePlan,
  object: KubeObject,
  old: Stored<KubeObject>,
): Promise<void> {
  const { registration, name, subresource } = call;
  const { strategy } = registration;
  dedupeOwners(object, call);
  if (!plan.tracked) trackUpdate(core, call, old, object);
  await admit(core, admissionOf(call, 'UPDATE', object, old));
  dedupeOwners(object, call);
  prepare(call, object, old);
  keepSystemFields(object, old);
  const validate = subresource === 'status' ? strategy.validateStatusUpdate : strategy.validateUpdate;
  refuse(call, name, [
    ...validateMetadata(object, registration),
    ...validateMetadataUpdate(object, old),
    ...(validate?.(object, old, subresource) ?? []),
  ]);
  if (!subresource) for (const warning of strategy.warnings?.(object, old) ?? []) call.warn(warning);
  withoutTimestampNoise(object, old);
  await validateAdmission(core, admissionOf(call, 'UPDATE', object, old));
}

/** Lets the update touch only what it may. */
function prepare(call: WriteCall, object: KubeObject, old: KubeObject): void {
  const { registration, subresource } = call;
  const { strategy } = registration;
  if (subresource === 'status') {
    strategy.prepareForStatusUpdate?.(object, old);
    return;
  }
  const parts = subresource ? partsOf(registration, subresource) : undefined;
  if (!parts) {
    strategy.prepareForUpdate?.(object, old);
    return;
  }
  const next = cloneJson(old) as Record<string, unknown>;
  next.metadata = object.metadata;
  for (const [outer, inner] of parts as [string, string][]) {
    const source = (object as Record<string, unknown>)[outer] as Record<string, unknown> | undefined;
    const target = ((next[outer] as Record<string, unknown> | undefined) ??= {});
    next[outer] = { ...target, [inner]: source?.[inner] };
  }
  for (const name of Object.keys(object)) delete (object as Record<string, unknown>)[name];
  Object.assign(object, next);
}

/** True when this write takes away the last thing that held an object whose deletion was asked for. */
function leavesNow(call: WriteCall, object: KubeObject, old: Stored<KubeObject>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds) return false;
  return (object.metadata?.finalizers?.length ?? 0) === 0 && !lifecycleOf(call.registration).held?.(object);
}

const versionMissing = ({ registration, name }: WriteCall) =>
  invalid({ group: registration.group, kind: registration.resource }, name, [
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0x0: must be specified for an update',
      field: 'metadata.resourceVersion',
    },
  ]);

/** The uid in an object or in options is not the one that is there. */
const preconditionFailed = ({ registration, name }: WriteCall, key: string, asked: string, is: string) =>
  conflict(
    registration,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${asked}, UID in object meta: ${is}`,
  );
