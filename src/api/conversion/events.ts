// events.k8s.io/v1 and core/v1 Events are the same stored objects (upstream pkg/apis/events/v1/conversion.go).
import type { KubeObject } from '../../machinery/object.ts';

/** Names in events.k8s.io/v1 and in core/v1. */
const renamed: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];
const toCore = new Map(renamed);
const fromCore = new Map(renamed.map(([newer, core]) => [core, newer]));

function rename(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) result[names.get(name) ?? name] = value;
  result.apiVersion = apiVersion;
  return result as KubeObject;
}

/** For the registration of events.k8s.io/v1; what is stored is core/v1. */
export const eventConversion = {
  fromStorage: (object: KubeObject): KubeObject => rename(object, 'events.k8s.io/v1', fromCore),
  toStorage(object: KubeObject): KubeObject {
    const stored = rename(object, 'v1', toCore) as KubeObject & Record<string, unknown>;
    stored.involvedObject ??= {};
    return stored;
  },
};
