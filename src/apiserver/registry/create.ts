import { generateName } from '../../machinery/names.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { isAlreadyExists, StatusError } from '../../machinery/status-error.ts';
import { alreadyExists } from '../../machinery/status-errors.ts';
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
import { ensureNamespace } from './decode.ts';
import { trackUpdate } from './managed-fields.ts';
import { dedupeOwners, fillSystemFields, refuse, wipeSystemFields } from './metadata.ts';
import { validateMetadata } from './validation.ts';

/** A generated name that is taken is made anew this often. */
const nameAttempts = 8;

/** Stores a new object; `object` is the caller's own, identified and with its defaults. */
export async function createObject(core: Core, call: WriteCall, object: KubeObject): Promise<View> {
  wipeSystemFields(object);
  ensureNamespace(object, call.registration, call.namespace);
  dedupeOwners(object, call);
  trackUpdate(core, call, undefined, object);
  const named: WriteCall = { ...call, name: object.metadata?.name ?? call.name };
  await admit(core, admissionOf(named, 'CREATE', object, undefined));
  dedupeOwners(object, call);
  const prefix = object.metadata?.generateName;
  if (object.metadata?.name || !prefix) return insert(core, named, object);
  for (let attempt = 1; ; attempt++) {
    const copy = cloneJson(object);
    const name = generateName(core.random, prefix);
    copy.metadata!.name = name;
    try {
      return await insert(core, { ...call, name }, copy);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      if (attempt === nameAttempts) throw nameConflict(call, name);
    }
  }
}

const nameConflict = (call: WriteCall, name: string): StatusError => {
  const error = alreadyExists(call.registration, name);
  return new StatusError(
    'AlreadyExists',
    `${error.message}, the server was not able to generate a unique name for the object`,
    { ...error.details, retryAfterSeconds: 1 },
  );
};

/** From the named object to the store: what comes after mutating admission. Also the way of creation by PUT and by apply. */
export async function insert(core: Core, call: WriteCall, object: KubeObject): Promise<View> {
  const { registration, namespace, name, dryRun } = call;
  const { strategy, conversion } = registration;
  fillSystemFields(core, object);
  strategy.prepareForCreate?.(object);
  refuse(call, name, [...validateMetadata(object, registration), ...(strategy.validate?.(object) ?? [])]);
  for (const warning of strategy.warnings?.(object, undefined) ?? []) call.warn(warning);
  await validateAdmission(core, admissionOf(call, 'CREATE', object, undefined));
  if (object.metadata?.resourceVersion)
    throw new StatusError('', 'resourceVersion should not be set on objects to be created');

  const reservations: Reservation[] = [];
  try {
    for (const hook of hooksOf(core, registration)) {
      const reservation = await hook.beginCreate?.(object, dryRun);
      if (reservation) reservations.push(reservation);
    }
    const key = keyOf(registration, namespace, name);
    const stored = conversion ? conversion.toStorage(object) : object;
    const value = encodeForStorage(stored);
    handOver(value, stored);
    const revision = await write(core, call, key, value);
    for (const reservation of reservations.splice(0)) await reservation.commit();
    return new Entry(key, value, revision).view(registration);
  } finally {
    for (const reservation of reservations) await reservation.rollback();
  }
}

async function write(core: Core, call: WriteCall, key: string, value: Uint8Array): Promise<number> {
  const { registration, name } = call;
  let existing = call.dryRun ? await core.store.get(key) : undefined;
  if (!existing) {
    if (call.dryRun) return 0;
    const result = await swap(core, key, 0, value);
    if (result.revision !== undefined) return result.revision;
    existing = result.current;
  }
  const error = alreadyExists(registration, name);
  const leaving =
    existing &&
    core.caches.entryOf(registration.storagePrefix, existing).stored.object.metadata.deletionTimestamp;
  throw leaving
    ? new StatusError('AlreadyExists', `object is being deleted: ${error.message}`, error.details)
    : error;
}
