import { apiVersionOf } from '../../api/resource.ts';
import { equal } from '../../machinery/equality.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { applyConfiguration } from '../../machinery/patch/apply/apply.ts';
import { type TrackOptions, trackUpdate as track } from '../../machinery/patch/apply/track.ts';
import { cloneJson } from './clone.ts';
import type { Core, WriteCall } from './core.ts';
import { structOf } from './struct.ts';

const ofStatus = [['spec'], ['metadata', 'labels']];
const ofObject = [['status']];

function optionsOf(core: Core, call: WriteCall): TrackOptions | undefined {
  const { registration, subresource, fieldManager } = call;
  const schema = structOf(registration);
  if (!schema) return undefined;
  const split = 'status' in registration.subresources;
  return {
    schema,
    apiVersion: apiVersionOf(registration),
    manager: fieldManager,
    now: core.clock.now(),
    ...(subresource ? { subresource } : {}),
    ...(split ? { ignored: subresource === 'status' ? ofStatus : ofObject } : {}),
  };
}

/** Notes in `object.metadata.managedFields` which fields this write makes its manager's own. */
export function trackUpdate(
  core: Core,
  call: WriteCall,
  live: Stored<KubeObject> | undefined,
  object: KubeObject,
): void {
  const options = optionsOf(core, call);
  if (!options) return;
  const { managedFields } = track(live, object, options).metadata ?? {};
  const metadata = (object.metadata ??= {});
  if (managedFields) metadata.managedFields = managedFields;
  else delete metadata.managedFields;
}

/** A write that changes nothing but times in managedFields is none: the old times stay. */
export function withoutTimestampNoise(object: KubeObject, old: Stored<KubeObject>): void {
  const now = object.metadata?.managedFields;
  const before = old.metadata.managedFields;
  if (!now || !before || now.length !== before.length) return;
  const same = now.every((entry, i) =>
    equal({ ...entry, time: undefined }, { ...before[i], time: undefined }),
  );
  if (!same) return;
  const restored: KubeObject = { ...object, metadata: { ...object.metadata, managedFields: before } };
  if (equal(restored, old)) object.metadata!.managedFields = before;
}

/** The object that an applied configuration makes of the live one; throws Conflict where others own what it sets. */
export function applyFields(
  core: Core,
  call: WriteCall,
  live: Stored<KubeObject> | undefined,
  config: KubeObject,
  force: boolean,
): KubeObject {
  const options = optionsOf(core, call);
  if (!options) return config;
  const { kind } = call.registration;
  return cloneJson(applyConfiguration(live, config, { ...options, kind, force }));
}
