// How a value is owned: as a whole, field by field, or item by item.
import { isObject, type JsonObject, own } from '../../json.ts';
import type { FieldSchema, StructSchema } from '../../schema.ts';

export type Shape = 'leaf' | 'fields' | 'items';

const untyped: FieldSchema = { kind: 'any', required: false };

/** `value` decides only where the schema leaves open what there is. */
export function shapeOf(schema: FieldSchema, value: unknown): Shape {
  if (schema.atomic || schema.struct?.atomic) return 'leaf';
  switch (schema.kind) {
    case 'struct':
    case 'map':
      return 'fields';
    case 'list':
      return schema.listType === 'set' || schema.listType === 'map' ? 'items' : 'leaf';
    case 'any':
      return isObject(value) ? 'fields' : 'leaf';
    default:
      return 'leaf';
  }
}

/** What is under a key of a struct or map. Unknown fields are owned as a whole. */
export function childSchema(schema: FieldSchema, key: string): FieldSchema {
  if (schema.struct) return schema.struct.field(key) ?? { kind: 'any', required: false, atomic: true };
  return schema.element ?? untyped;
}

/** True for a key that the type declares, as opposed to a key that an object made up. */
export const isDeclared = (schema: FieldSchema, key: string): boolean =>
  schema.struct?.field(key) !== undefined;

export const itemSchema = (schema: FieldSchema): FieldSchema => schema.element ?? untyped;

export const rootSchema = (struct: StructSchema): FieldSchema => ({ kind: 'struct', struct, required: true });

/**
 * Struct fields that are no pointers in upstream's types: they are there in every object, so that nobody owns the struct itself.
 * `metadata`, `spec` and `status` are so in nearly all kinds; the others are named with their model.
 */
const everPresent = new Set(['metadata', 'spec', 'status']);
const everPresentIn: Readonly<Record<string, readonly string[]>> = {
  V1DeploymentSpec: ['template', 'strategy'],
  V1ReplicaSetSpec: ['template'],
  V1DaemonSetSpec: ['template', 'updateStrategy'],
  V1StatefulSetSpec: ['template', 'updateStrategy'],
  V1JobSpec: ['template'],
  V1CronJobSpec: ['jobTemplate'],
  V1Container: ['resources'],
  V1ServiceStatus: ['loadBalancer'],
  V1IngressStatus: ['loadBalancer'],
  V1NodeStatus: ['daemonEndpoints', 'nodeInfo'],
  V1NodeDaemonEndpoints: ['kubeletEndpoint'],
  CoreV1Event: ['involvedObject', 'source'],
  EventsV1Event: ['regarding', 'deprecatedSource'],
  V1HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  V2HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  V1PersistentVolumeClaimSpec: ['resources'],
};

const nothingInside: JsonObject = {};

/**
 * A field of a present struct as upstream's types have it when it is not written: value structs are empty ones,
 * and required fields are there with no value.
 */
export function presentField(schema: FieldSchema, object: JsonObject, key: string): unknown {
  const value = own(object, key);
  if (value !== undefined || !schema.struct) return value;
  const child = childSchema(schema, key);
  if (child.kind === 'struct' && (everPresent.has(key) || everPresentIn[schema.struct.name]?.includes(key)))
    return nothingInside;
  return child.required ? null : undefined;
}
