// OpenAPI v3 of custom resources: one section a group and version, made of what the definitions say.
import type { Registration, Registry } from '../../api/registration.ts';
import type { JsonSchema } from './json-schema.ts';
import { writtenSchema } from './registration.ts';

/** `test.example.v1.CronTab` for CronTab of example.test/v1. */
const modelName = ({ group, version, kind }: Registration): string =>
  [...group.split('.').reverse(), version, kind].join('.');

function pathsOf(registration: Registration): Record<string, object> {
  const { group, version, resource, kind, namespaced } = registration;
  const root = `/apis/${group}/${version}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
  const identity = { group, version, kind };
  const content = {
    'application/json': { schema: { $ref: `#/components/schemas/${modelName(registration)}` } },
  };
  const operation = (action: string) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': identity,
    parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(name => ({
      name,
      in: 'query',
      schema: { type: 'string', uniqueItems: true },
    })),
    responses: { 200: { description: 'OK', content } },
  });
  return {
    [root]: { get: operation('list'), post: operation('post') },
    [`${root}/{name}`]: {
      get: operation('get'),
      put: operation('put'),
      patch: operation('patch'),
      delete: operation('delete'),
    },
  };
}

function modelOf(registration: Registration, schema: JsonSchema): object {
  const { group, version, kind } = registration;
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...schema.properties,
      metadata: { type: 'object', description: "Standard object's metadata." },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
}

/** Texts of the sections (`apis/example.test/v1`) of all custom resources. */
export function customSections(registry: Registry, gitVersion: string): Map<string, string> {
  const groups = new Map<string, Registration[]>();
  for (const registration of registry.all()) {
    if (!registration.schema) continue;
    const section = `apis/${registration.group}/${registration.version}`;
    groups.set(section, [...(groups.get(section) ?? []), registration]);
  }
  return new Map(
    [...groups].map(([section, registrations]) => {
      const schemas = registrations.map(registration => [
        modelName(registration),
        modelOf(registration, writtenSchema(registration) ?? {}),
      ]);
      const document = {
        openapi: '3.0.0',
        info: { title: 'Kubernetes CRD Swagger', version: gitVersion },
        paths: Object.assign({}, ...registrations.map(pathsOf)),
        components: { schemas: Object.fromEntries(schemas) },
      };
      return [section, JSON.stringify(document)];
    }),
  );
}
