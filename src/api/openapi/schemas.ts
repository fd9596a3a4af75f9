// The schemas of models as OpenAPI v2 definitions or v3 components, under upstream's names.
import { atomicMaps, fieldFacts, granularFields, mapKeyDefaults, quantityFields } from '../facts/fields.ts';
import { docs } from '../generated/docs.ts';
import { type ResourceFacts, resourceList } from '../generated/resource-list.ts';
import { type Property, propertiesOf, schemaOf } from '../schema.ts';
import { definitionNames, modelIn, shortName } from './names.ts';

export type Json = Record<string, unknown>;
/** `2` refers to `#/definitions/…`, `3` to `#/components/schemas/…`. */
export type Dialect = 2 | 3;

const machinery = 'io.k8s.apimachinery.pkg';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const rawExtension = `${machinery}.runtime.RawExtension`;

/** Definitions of what the client has no model for. */
const special: Readonly<Record<string, Json>> = {
  [`${machinery}.api.resource.Quantity`]: {
    description: 'An amount such as 500m, 2 or 1.5Gi, written in its canonical form.',
    type: 'string',
  },
  [`${machinery}.apis.meta.v1.Time`]: {
    description: 'A time in RFC 3339, to the second.',
    type: 'string',
    format: 'date-time',
  },
  [`${machinery}.apis.meta.v1.MicroTime`]: {
    description: 'A time in RFC 3339, to the microsecond.',
    type: 'string',
    format: 'date-time',
  },
  [`${machinery}.util.intstr.IntOrString`]: {
    description: 'A whole number or a text.',
    type: 'string',
    format: 'int-or-string',
  },
  [`${machinery}.apis.meta.v1.FieldsV1`]: {
    description:
      'A set of fields as a trie in JSON: `f:name` for a field, `k:{…}`, `v:…` or `i:…` for a list element.',
    type: 'object',
  },
  [`${machinery}.apis.meta.v1.Patch`]: { description: 'The body of a PATCH request.', type: 'object' },
  [rawExtension]: { description: 'An object of any kind.', type: 'object' },
  [`${extensions}.JSON`]: { description: 'Any JSON value.' },
  [`${extensions}.JSONSchemaPropsOrArray`]: { description: 'A schema or a list of schemas.' },
  [`${extensions}.JSONSchemaPropsOrBool`]: { description: 'A schema or a boolean.' },
  [`${extensions}.JSONSchemaPropsOrStringArray`]: { description: 'A schema or a list of texts.' },
  [`${extensions}.CustomResourceSubresourceStatus`]: {
    description: 'The status subresource of a custom resource; it has no settings.',
    type: 'object',
  },
};

/** What a field of any value refers to, where it is not RawExtension. */
const anyFields: Readonly<Record<string, string>> = {
  'V1CustomResourceSubresources.status': `${extensions}.CustomResourceSubresourceStatus`,
  'V1JSONSchemaProps.additionalItems': `${extensions}.JSONSchemaPropsOrBool`,
  'V1JSONSchemaProps.additionalProperties': `${extensions}.JSONSchemaPropsOrBool`,
  'V1JSONSchemaProps.default': `${extensions}.JSON`,
  'V1JSONSchemaProps.dependencies': `${extensions}.JSONSchemaPropsOrStringArray`,
  'V1JSONSchemaProps.enum': `${extensions}.JSON`,
  'V1JSONSchemaProps.example': `${extensions}.JSON`,
  'V1JSONSchemaProps.items': `${extensions}.JSONSchemaPropsOrArray`,
  'V1ManagedFieldsEntry.fieldsV1': `${machinery}.apis.meta.v1.FieldsV1`,
};

const scalarDefinitions: Readonly<Record<string, string>> = {
  Date: `${machinery}.apis.meta.v1.Time`,
  V1MicroTime: `${machinery}.apis.meta.v1.MicroTime`,
  IntOrString: `${machinery}.util.intstr.IntOrString`,
};

export const reference = (name: string, dialect: Dialect): Json => ({
  $ref: dialect === 2 ? `#/definitions/${name}` : `#/components/schemas/${name}`,
});

/** Numbers of the client that carry no format: `double` ones say so. */
const numberSchema = (format: string): Json =>
  format === 'double' ? { type: 'number', format } : { type: 'integer', ...(format ? { format } : {}) };

function typeSchema(path: string, type: string, format: string, dialect: Dialect): Json {
  const inner = type.slice(1, -1);
  if (type.startsWith('[')) return { type: 'array', items: typeSchema(path, inner, format, dialect) };
  if (type.startsWith('{'))
    return { type: 'object', additionalProperties: typeSchema(path, inner, format, dialect) };
  if (type === 'any') return reference(anyFields[path] ?? rawExtension, dialect);
  if (type === 'string' && quantityFields.has(path))
    return reference(`${machinery}.api.resource.Quantity`, dialect);
  const definition = scalarDefinitions[type] ?? definitionNames().get(type);
  if (definition) return reference(definition, dialect);
  if (type === 'number') return numberSchema(format);
  return { type, ...(format ? { format } : {}) };
}

/** Lists that upstream says nothing of. */
const isPlainList = (model: string, property: Property): boolean =>
  (property.name === 'items' && model.endsWith('List')) ||
  (model === 'V1APIResource' && property.name === 'verbs');

function propertySchema(model: string, property: Property, doc: string, dialect: Dialect): Json {
  const path = `${model}.${property.name}`;
  let schema = typeSchema(path, property.type, property.format, dialect);
  // A reference stands alone in OpenAPI 3.0: what is said beside it goes around it.
  if (dialect === 3 && '$ref' in schema) schema = { allOf: [schema] };
  if (doc) schema.description = doc;
  const facts = fieldFacts.get(path);
  const isList = property.type.startsWith('[');
  if (isList && !isPlainList(model, property)) {
    const { listType, mapKeys } = schemaOf(model).field(property.name)!;
    // Merged by strategic patches only: upstream calls these atomic too.
    schema['x-kubernetes-list-type'] = listType;
    if (mapKeys) schema['x-kubernetes-list-map-keys'] = mapKeys;
  }
  if (path === 'V1APIServiceSpec.caBundle') schema['x-kubernetes-list-type'] = 'atomic';
  if (facts?.mergeKey) schema['x-kubernetes-patch-merge-key'] = facts.mergeKey;
  if (facts?.patchStrategy) schema['x-kubernetes-patch-strategy'] = facts.patchStrategy.join(',');
  if (atomicMaps.has(path)) schema['x-kubernetes-map-type'] = 'atomic';
  if (granularFields.has(path)) schema['x-kubernetes-map-type'] = 'granular';
  if (dialect === 3 && keyDefaults.has(path)) schema.default = mapKeyDefaults[property.name];
  return schema;
}

/** List-map keys with a default, which apply needs where an element leaves the key out. */
const keyDefaults = new Set(['V1ContainerPort.protocol', 'V1ServicePort.protocol']);

export interface GroupVersionKind {
  group: string;
  kind: string;
  version: string;
}

let kinds: Map<string, GroupVersionKind[]> | undefined;

/** Model name to the kinds that it is the body of. */
function kindsOf(model: string): GroupVersionKind[] | undefined {
  if (!kinds) {
    kinds = new Map();
    const everywhere = new Map<string, GroupVersionKind>();
    for (const { group, version, model: body, listModel, kind } of resourceList as readonly ResourceFacts[]) {
      kinds.set(body, [{ group, kind, version }]);
      if (listModel) kinds.set(listModel, [{ group, kind: `${kind}List`, version }]);
      everywhere.set(`${group}/${version}`, { group, kind: '', version });
    }
    kinds.set('V1Eviction', [{ group: 'policy', kind: 'Eviction', version: 'v1' }]);
    kinds.set('V1Scale', [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }]);
    kinds.set('AuthenticationV1TokenRequest', [
      { group: 'authentication.k8s.io', kind: 'TokenRequest', version: 'v1' },
    ]);
    for (const name of ['V1APIGroup', 'V1APIGroupList', 'V1APIResourceList', 'V1APIVersions', 'V1Status'])
      kinds.set(name, [{ group: '', kind: shortName(name), version: 'v1' }]);
    for (const name of ['V1DeleteOptions', 'V1WatchEvent'])
      kinds.set(
        name,
        [...everywhere.values()].map(each => ({ ...each, kind: shortName(name) })),
      );
  }
  return kinds.get(model);
}

/** Types with a discriminator: one field says which of the others is set. */
const unions: Readonly<Record<string, Json>> = {
  V1AppArmorProfile: { discriminator: 'type', fields: ['localhostProfile'] },
  V1SeccompProfile: { discriminator: 'type', fields: ['localhostProfile'] },
  V1LimitResponse: { discriminator: 'type', fields: ['queuing'] },
  V1PriorityLevelConfigurationSpec: { discriminator: 'type', fields: ['exempt', 'limited'] },
  FlowcontrolV1Subject: { discriminator: 'kind', fields: ['group', 'serviceAccount', 'user'] },
  V1PodSchedulingGroup: { fields: ['podGroupName'] },
};

const unionOf = (model: string): Json | undefined => {
  const union = unions[model];
  if (!union) return undefined;
  const { discriminator, fields } = union as { discriminator?: string; fields: string[] };
  return {
    ...(discriminator ? { discriminator } : {}),
    'fields-to-discriminateBy': Object.fromEntries(
      fields.map(name => [name, `${name[0]!.toUpperCase()}${name.slice(1)}`]),
    ),
  };
};

/** The definition of a model. */
export function modelSchema(model: string, dialect: Dialect): Json {
  const [doc, fieldDocs] = docs[model] ?? ['', {}];
  const properties = propertiesOf(model);
  const schema: Json = {};
  if (doc) schema.description = doc;
  const required = properties.filter(each => each.required).map(each => each.name);
  schema.type = 'object';
  if (properties.length > 0)
    schema.properties = Object.fromEntries(
      properties.map(each => [
        each.name,
        propertySchema(model, each, (fieldDocs as Record<string, string>)[each.name] ?? '', dialect),
      ]),
    );
  if (required.length > 0) schema.required = required;
  const gvks = kindsOf(model);
  if (gvks) schema['x-kubernetes-group-version-kind'] = gvks;
  if (schemaOf(model).atomic) schema['x-kubernetes-map-type'] = 'atomic';
  const union = unionOf(model);
  if (union) schema['x-kubernetes-unions'] = [union];
  return schema;
}

/** Definitions by name; names that are none of ours are left out. */
export function schemasOf(names: Iterable<string>, dialect: Dialect): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const name of names) {
    const model = modelOf(name);
    const schema = special[name] ?? (model === undefined ? undefined : modelSchema(model, dialect));
    if (schema) result[name] = schema;
  }
  return sorted(result);
}

let modelNames: Map<string, string> | undefined;
const modelOf = (name: string): string | undefined =>
  (modelNames ??= new Map([...definitionNames()].map(([model, definition]) => [definition, model]))).get(
    name,
  );

/** Definitions of all served models and of what they refer to. */
export const allSchemas = (dialect: Dialect): Record<string, Json> =>
  schemasOf(new Set([...definitionNames().values(), ...Object.keys(special)]), dialect);

export const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Names of definitions that `roots` lead to, themselves included. */
export function reachable(roots: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const model = modelOf(name);
    if (!model || name in special) return;
    for (const { name: property, type, format } of propertiesOf(model)) {
      const text = JSON.stringify(typeSchema(`${model}.${property}`, type, format, 2));
      const next = /#\/definitions\/([^"]+)/.exec(text)?.[1];
      if (next && (modelIn(type) || next in special)) visit(next);
    }
  };
  for (const root of roots) visit(root);
  return found;
}
