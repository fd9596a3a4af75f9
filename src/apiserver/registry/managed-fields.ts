import type { KubeObject, Stored } from '../../machinery/object.ts';
import type { Core, WriteCall } from './core.ts';

/** Notes in `object.metadata.managedFields` which fields this write makes its manager's own. */
export function trackUpdate(
  _core: Core,
  _call: WriteCall,
  _live: Stored<KubeObject> | undefined,
  _object: KubeObject,
): void {}

/** A write that changes nothing but times in managedFields is none. */
export function withoutTimestampNoise(_object: KubeObject, _old: Stored<KubeObject>): void {}

/** The object that an applied configuration makes of the live one; throws Conflict where others own what it sets. */
export function applyFields(
  _core: Core,
  _call: WriteCall,
  _live: Stored<KubeObject> | undefined,
  config: KubeObject,
  _force: boolean,
): KubeObject {
  return config;
}
