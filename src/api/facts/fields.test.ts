// Every fact of fields.ts, and every field that has none, against the API description that Kubernetes publishes.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { FieldSchema } from '../../machinery/schema.ts';
import { definitionNames } from '../openapi/names.ts';
import { schemaOf } from '../schema.ts';
import { atomicMaps, atomicStructs, fieldFacts, granularFields, quantityFields } from './fields.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const skip = existsSync(`${folder}swagger-v1.36.json`)
  ? false
  : 'the published description of v1.36 is not beside this repository';

interface Published {
  type?: string;
  format?: string;
  $ref?: string;
  items?: Published;
  additionalProperties?: Published;
  properties?: Record<string, Published>;
  required?: string[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

const definitions = (): Record<string, Published> =>
  (
    JSON.parse(readFileSync(`${folder}swagger-v1.36.json`, 'utf8')) as {
      definitions: Record<string, Published>;
    }
  ).definitions;

const refName = (published: Published): string => published.$ref?.split('/').pop() ?? '';

/** What the published property should look like for our schema; compared as text. */
function ours(field: FieldSchema, listed: boolean): Record<string, unknown> {
  return {
    kind: field.kind,
    scalar: field.scalar,
    struct: field.struct ? definitionNames().get(field.struct.name) : undefined,
    element: field.element ? ours(field.element, false) : undefined,
    listType: listed && field.kind === 'list' ? field.listType : undefined,
    mapKeys: field.mapKeys,
    mergeKey: field.mergeKey,
    patchStrategy: field.patchStrategy?.join(','),
    atomicMap: field.kind === 'map' && field.atomic ? true : undefined,
  };
}

const scalarRefs: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
};

function theirs(
  published: Published,
  all: Record<string, Published>,
  listed: boolean,
): Record<string, unknown> {
  const name = refName(published);
  const target = name ? all[name] : undefined;
  const facts = {
    mapKeys: published['x-kubernetes-list-map-keys'],
    mergeKey: published['x-kubernetes-patch-merge-key'],
    patchStrategy: published['x-kubernetes-patch-strategy'],
  };
  const answer = (value: Record<string, unknown>) => ({
    kind: undefined,
    scalar: undefined,
    struct: undefined,
    element: undefined,
    listType: undefined,
    atomicMap: undefined,
    ...facts,
    ...value,
  });
  if (scalarRefs[name]) return answer({ kind: 'scalar', scalar: scalarRefs[name] });
  if (target) return target.properties ? answer({ kind: 'struct', struct: name }) : answer({ kind: 'any' });
  if (published.type === 'array')
    return answer({
      kind: 'list',
      element: theirs(published.items!, all, false),
      listType: listed ? (published['x-kubernetes-list-type'] ?? 'atomic') : undefined,
    });
  if (published.additionalProperties)
    return answer({
      kind: 'map',
      element: theirs(published.additionalProperties, all, false),
      atomicMap: published['x-kubernetes-map-type'] === 'atomic' ? true : undefined,
    });
  if (published.type === 'object') return answer({ kind: 'any' });
  const scalar =
    published.type === 'integer' || published.type === 'number'
      ? 'number'
      : published.format === 'byte'
        ? 'bytes'
        : published.type;
  return answer({ kind: 'scalar', scalar });
}

test('every field of every served model is as published', { skip }, () => {
  const all = definitions();
  const differences: string[] = [];
  let compared = 0;
  for (const [model, name] of definitionNames()) {
    if (model === 'V1MicroTime') continue;
    const published = all[name];
    if (!published) {
      differences.push(`${model}: no definition ${name}`);
      continue;
    }
    const struct = schemaOf(model);
    const seen = new Set<string>();
    if (Boolean(struct.atomic) !== (published['x-kubernetes-map-type'] === 'atomic'))
      differences.push(`${model}: atomic is ${Boolean(struct.atomic)}`);
    for (const [field, schema] of struct.fields()) {
      seen.add(field);
      const expected = published.properties?.[field];
      if (!expected) {
        differences.push(`${model}.${field} is not published`);
        continue;
      }
      compared++;
      const [a, b] = [ours(schema, true), theirs(expected, all, true)];
      for (const key of Object.keys(b))
        if (JSON.stringify(a[key]) !== JSON.stringify(b[key]))
          differences.push(
            `${model}.${field}: ${key} is ${JSON.stringify(a[key])}, published ${JSON.stringify(b[key])}`,
          );
      if (schema.required !== Boolean(published.required?.includes(field)))
        differences.push(`${model}.${field}: required is ${schema.required}`);
    }
    for (const field of Object.keys(published.properties ?? {}))
      if (!seen.has(field)) differences.push(`${model} lacks ${field}`);
  }
  assert.deepEqual(differences, []);
  assert.ok(compared > 2000, `only ${compared} fields compared`);
});

test('no fact names a field that does not exist', () => {
  const missing = [...fieldFacts.keys(), ...atomicMaps, ...granularFields, ...quantityFields].filter(path => {
    const dot = path.indexOf('.');
    const model = path.slice(0, dot);
    return !definitionNames().has(model) || !schemaOf(model).field(path.slice(dot + 1));
  });
  assert.deepEqual(missing, []);
  assert.deepEqual(
    [...atomicStructs].filter(model => !definitionNames().has(model)),
    [],
  );
});

interface MergeType {
  name: string;
  map?: { fields?: { name: string; type: MergeField; default?: unknown }[]; elementRelationship?: string };
}
interface MergeField {
  namedType?: string;
  elementRelationship?: string;
  list?: { elementType: MergeField; elementRelationship: string; keys?: string[] };
  map?: { elementType: MergeField; elementRelationship?: string };
}

test('apply merges as the published merge schema says', { skip }, () => {
  const { types } = parse(readFileSync(`${folder}structured-merge-schema-v1.36.yaml`, 'utf8')) as {
    types: MergeType[];
  };
  const byName = new Map(types.map(type => [type.name, type]));
  const differences: string[] = [];
  let compared = 0;
  for (const [model, name] of definitionNames()) {
    const type = byName.get(name);
    if (!type?.map?.fields || model === 'V1MicroTime') continue;
    const struct = schemaOf(model);
    for (const { name: field, type: published } of type.map.fields) {
      const schema = struct.field(field);
      if (!schema) continue;
      compared++;
      const path = `${model}.${field}`;
      if (published.list) {
        const relation =
          published.list.elementRelationship === 'atomic' ? 'atomic' : published.list.keys ? 'map' : 'set';
        if (schema.listType !== relation)
          differences.push(`${path}: ${schema.listType}, published ${relation}`);
        if (JSON.stringify(schema.mapKeys) !== JSON.stringify(published.list.keys))
          differences.push(`${path}: keys ${schema.mapKeys}, published ${published.list.keys}`);
        const element = byName.get(published.list.elementType.namedType ?? '')?.map?.fields ?? [];
        const defaults = (published.list.keys ?? [])
          .map(key => element.find(candidate => candidate.name === key)!)
          .filter(key => key.default !== undefined && key.default !== '' && key.default !== 0)
          .map(key => [key.name, key.default]);
        if (JSON.stringify(schema.mapKeyDefaults ?? {}) !== JSON.stringify(Object.fromEntries(defaults)))
          differences.push(`${path}: key defaults ${JSON.stringify(schema.mapKeyDefaults)}`);
      }
      if (published.map && (published.map.elementRelationship === 'atomic') !== Boolean(schema.atomic))
        differences.push(`${path}: atomic map ${Boolean(schema.atomic)}`);
      if (published.namedType && schema.struct) {
        const target = byName.get(published.namedType);
        const relation = published.elementRelationship ?? target?.map?.elementRelationship;
        if ((relation === 'atomic') !== Boolean(schema.atomic))
          differences.push(`${path}: atomic struct ${Boolean(schema.atomic)}, published ${relation}`);
      }
    }
  }
  assert.deepEqual(differences, []);
  assert.ok(compared > 1500, `only ${compared} fields compared`);
});
