import { timestamp } from '../../machinery/clock.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { uuid } from '../../machinery/random.ts';
import { invalid } from '../../machinery/status-errors.ts';
import type { Core, WriteCall } from './core.ts';

/** What only the server sets (rest.WipeObjectMetaSystemFields). */
export function wipeSystemFields(object: KubeObject): void {
  const metadata = object.metadata ?? {};
  delete metadata.creationTimestamp;
  delete metadata.uid;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** uid and creationTimestamp of an object that is about to be created. */
export function fillSystemFields(core: Core, object: KubeObject): void {
  const metadata = (object.metadata ??= {});
  metadata.creationTimestamp = timestamp(core.clock.now()) as typeof metadata.creationTimestamp;
  metadata.uid = uuid(core.random);
}

/** What an update cannot change although it may say otherwise (rest.BeforeUpdate). */
export function keepSystemFields(object: KubeObject, old: Stored<KubeObject>): void {
  const metadata = (object.metadata ??= {});
  const before = old.metadata;
  metadata.uid ||= before.uid;
  metadata.creationTimestamp = before.creationTimestamp as typeof metadata.creationTimestamp;
  if (before.deletionTimestamp) metadata.deletionTimestamp = before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** Owner references said twice are kept once, with a warning. */
export function dedupeOwners(object: KubeObject, call: WriteCall): void {
  const references = object.metadata?.ownerReferences;
  if (!references || references.length < 2) return;
  const seen = new Set<string>();
  const twice: string[] = [];
  const kept = references.filter(reference => {
    const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = reference;
    const key = JSON.stringify([apiVersion, kind, name, uid, controller ?? null, blockOwnerDeletion ?? null]);
    if (seen.has(key)) {
      twice.push(uid);
      return false;
    }
    seen.add(key);
    return true;
  });
  if (twice.length === 0) return;
  object.metadata!.ownerReferences = kept;
  call.warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.join(', ')}`,
  );
}

/** Throws upstream's Invalid if there are causes; one said twice counts once. */
export function refuse(call: WriteCall, name: string, causes: Parameters<typeof invalid>[2]): void {
  if (causes.length === 0) return;
  const distinct = new Map(causes.map(cause => [`${cause.field} ${cause.message}`, cause]));
  throw invalid(call.registration, name, [...distinct.values()]);
}
