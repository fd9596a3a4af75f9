import type { Registration, Registry } from '../../api/registration.ts';
import { groupResource } from '../../api/resource.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { Random } from '../../machinery/random.ts';
import { StatusError } from '../../machinery/status-error.ts';
import type { KeyValue, Store } from '../../store/store.ts';
import type { AdmissionRequest, Stages, User } from '../contracts.ts';
import { type Caches, root } from '../watch-cache/caches.ts';
import type { Turns } from './turns.ts';

/** What the verbs work with. */
export interface Core {
  store: Store;
  registry: Registry;
  caches: Caches;
  /** Writes of what exists wait here for each other. */
  turns: Turns;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** The policy; there once the server is composed. */
  readonly stages: Stages;
}

/** Whose request it is and what it is about. */
export interface Call {
  user: User;
  registration: Registration;
  /** Empty for cluster-scoped resources, and for all namespaces in lists. */
  namespace: string;
  /** Empty on create, list and deletecollection. */
  name: string;
  subresource: string;
  warn(message: string): void;
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteCall extends Call {
  dryRun: boolean;
  /** Who owns the fields that this writes. */
  fieldManager: string;
  fieldValidation: FieldValidation;
}

/** `/registry/pods/default/web`. */
export function keyOf(registration: Registration, namespace: string, name: string): string {
  const prefix = `${root}${registration.storagePrefix}/`;
  return registration.namespaced ? `${prefix}${namespace}/${name}` : prefix + name;
}

export const admissionOf = (
  call: WriteCall,
  operation: AdmissionRequest['operation'],
  object: AdmissionRequest['object'],
  old: AdmissionRequest['old'],
): AdmissionRequest => ({
  operation,
  user: call.user,
  registration: call.registration,
  subresource: call.subresource,
  namespace: call.namespace,
  name: call.name,
  object,
  old,
  dryRun: call.dryRun,
  warn: call.warn,
});

export async function admit(core: Core, request: AdmissionRequest): Promise<void> {
  for (const plugin of core.stages.admission) {
    const pending = plugin.admit?.(request);
    if (pending) await pending;
  }
}

export async function validateAdmission(core: Core, request: AdmissionRequest): Promise<void> {
  for (const plugin of core.stages.admission) {
    const pending = plugin.validate?.(request);
    if (pending) await pending;
  }
}

/** etcd's limit of a request, and its words. */
const largest = 1.5 * 1024 * 1024;

/** One compare-and-swap of one key. `expected` 0: the key must not exist. Throws for what etcd would not take. */
export async function swap(
  core: Core,
  key: string,
  expected: number,
  value: Uint8Array | undefined,
): Promise<{ revision: number } | { revision?: undefined; current: KeyValue | undefined }> {
  if (value && value.length > largest) throw new StatusError('', 'etcdserver: request is too large');
  const result = await core.store.txn(
    [{ key, modRevision: expected }],
    [value ? { type: 'put', key, value } : { type: 'delete', key }],
  );
  return result.succeeded ? { revision: result.revision } : { current: result.current[0] };
}

export const hooksOf = (core: Core, registration: Registration) =>
  core.stages.storageHooks.filter(
    hook => hook.group === registration.group && hook.resource === registration.resource,
  );

export const describe = groupResource;
