// What a CustomResourceDefinition says, as registrations: one for each served version.
import type {
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionVersion,
} from '../../api/generated/types.ts';
import { since } from '../../api/printing/columns.ts';
import type { Column, Printer, Registration, Strategy, Subresource } from '../../api/registration.ts';
import { genericStrategy } from '../../api/strategies/generic.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { jsonPath } from './json-path.ts';
import type { JsonSchema } from './json-schema.ts';
import { rootStruct } from './struct.ts';
import { applyDefaults, validateValue } from './validate.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

function printerOf({ additionalPrinterColumns }: V1CustomResourceDefinitionVersion): Printer {
  const columns = additionalPrinterColumns ?? [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
  const readers = columns.map(({ type, jsonPath: path }) => {
    const read = jsonPath(path);
    return (object: KubeObject, now: number): string | number | boolean => {
      const value = read(object);
      if (value === undefined || value === null) return type === 'date' ? '<unknown>' : '';
      if (type === 'date') return since(String(value), now);
      return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
    };
  });
  return {
    columns: [
      nameColumn,
      ...columns.map(({ name, type, ...rest }) => ({
        name,
        type: type as Column['type'],
        format: 'format' in rest ? rest.format : undefined,
        description: ('description' in rest && rest.description) || '',
        priority: ('priority' in rest && rest.priority) || 0,
      })),
    ],
    cells: (object, now) => [object.metadata?.name ?? '', ...readers.map(read => read(object, now))],
  };
}

function strategyOf(version: V1CustomResourceDefinitionVersion, schema: JsonSchema): Strategy {
  const status = version.subresources?.status !== undefined;
  const generation = Object.keys(schema.properties ?? { spec: {} }).filter(
    name => !['apiVersion', 'kind', 'metadata', ...(status ? ['status'] : [])].includes(name),
  );
  const validate = (object: KubeObject) => {
    const { metadata: _, apiVersion: __, kind: ___, ...rest } = object;
    const required = schema.required?.filter(name => !['metadata', 'apiVersion', 'kind'].includes(name));
    return validateValue({ ...schema, required }, rest);
  };
  return {
    ...genericStrategy({ status, generation }),
    defaults: object => applyDefaults(schema, object),
    validate,
    validateUpdate: validate,
    validateStatusUpdate: validate,
    ...(version.deprecated
      ? { warnings: () => [version.deprecationWarning ?? `${version.name} is deprecated`] }
      : {}),
  };
}

function subresourcesOf({ subresources }: V1CustomResourceDefinitionVersion): Record<string, Subresource> {
  const own = ['get', 'patch', 'update'];
  const scale = { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: own, model: 'V1Scale' };
  return {
    ...(subresources?.status ? { status: { verbs: own } } : {}),
    // Served where the paths are the usual ones.
    ...(subresources?.scale?.specReplicasPath === '.spec.replicas' ? { scale } : {}),
  };
}

const written = new WeakMap<Registration, JsonSchema>();

/** The schema of a custom resource as its definition has it, for OpenAPI. */
export const writtenSchema = (registration: Registration): JsonSchema | undefined =>
  written.get(registration);

/** Registrations of all served versions. Objects are stored in the storage version; versions differ in their apiVersion only. */
export function registrationsOf(definition: V1CustomResourceDefinition): Registration[] {
  const { group, names, scope, versions } = definition.spec;
  const stored = versions.find(version => version.storage)?.name ?? versions[0]!.name;
  return versions
    .filter(version => version.served)
    .map(version => {
      const schema = (version.schema?.openAPIV3Schema ?? {
        'x-kubernetes-preserve-unknown-fields': true,
      }) as JsonSchema;
      const as = (name: string) => (object: KubeObject) => ({ ...object, apiVersion: `${group}/${name}` });
      const selectable = (version.selectableFields ?? []).map(({ jsonPath: path }) => {
        const read = jsonPath(path);
        return [path.slice(1), (object: KubeObject) => String(read(object) ?? '')] as const;
      });
      const registration: Registration = {
        group,
        version: version.name,
        resource: names.plural,
        kind: names.kind,
        namespaced: scope === 'Namespaced',
        model: '',
        schema: rootStruct(names.kind, schema),
        listKind: names.listKind ?? `${names.kind}List`,
        singular: names.singular ?? names.kind.toLowerCase(),
        shortNames: names.shortNames ?? [],
        categories: names.categories ?? [],
        verbs,
        subresources: subresourcesOf(version),
        storagePrefix: `${group}/${names.plural}`,
        ...(versions.length > 1
          ? { conversion: { fromStorage: as(version.name), toStorage: as(stored) } }
          : {}),
        printer: printerOf(version),
        strategy: strategyOf(version, schema),
        selectableFields: Object.fromEntries(selectable),
      };
      written.set(registration, schema);
      return registration;
    });
}
