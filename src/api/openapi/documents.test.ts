// Our documents beside the description that Kubernetes publishes, for the groups that are served by default.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createOpenApi } from './documents.ts';

type Json = Record<string, unknown>;
interface Swagger {
  definitions: Record<string, Json>;
  paths: Record<string, Json>;
}

const file = fileURLToPath(new URL('../../../../shared/data/swagger-v1.36.json', import.meta.url));
const skip = existsSync(file) ? false : 'the published description of v1.36 is not beside this repository';
const published = (): Swagger => JSON.parse(readFileSync(file, 'utf8')) as Swagger;
const ours = (): Swagger => JSON.parse(createOpenApi('v1.36.0').v2().text) as Swagger;

/** Texts may differ, and the order of required fields. */
function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(each => comparable(each));
  if (typeof value !== 'object' || value === null) return value;
  const result: Json = {};
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'description' && key !== 'properties') continue;
    result[name] = name === 'required' && Array.isArray(inner) ? inner.toSorted() : comparable(inner, name);
  }
  return Object.fromEntries(Object.entries(result).sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('the definitions are the published ones', { skip }, () => {
  const [mine, theirs] = [ours().definitions, published().definitions];
  const differences: string[] = [];
  for (const [name, definition] of Object.entries(mine)) {
    const expected = theirs[name];
    if (!expected) {
      differences.push(`${name} is not published`);
      continue;
    }
    const [a, b] = [comparable(definition) as Json, comparable(expected) as Json];
    // These are bodies in every group, also in those that are off.
    if (/\.(DeleteOptions|WatchEvent)$/.test(name))
      for (const each of [a, b]) delete each['x-kubernetes-group-version-kind'];
    if (JSON.stringify(a) === JSON.stringify(b)) continue;
    const [left, right] = [(a.properties ?? {}) as Json, (b.properties ?? {}) as Json];
    for (const property of new Set([...Object.keys(left), ...Object.keys(right)]))
      if (JSON.stringify(left[property]) !== JSON.stringify(right[property]))
        differences.push(
          `${name}.${property}: ${JSON.stringify(left[property])}, published ${JSON.stringify(right[property])}`,
        );
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      if (key !== 'properties' && JSON.stringify(a[key]) !== JSON.stringify(b[key]))
        differences.push(`${name} ${key}: ${JSON.stringify(a[key])}, published ${JSON.stringify(b[key])}`);
  }
  assert.deepEqual(differences, []);
  const lacking = Object.keys(theirs).filter(
    name => !(name in mine) && !/\.v\d+(alpha|beta)\d+\./.test(name),
  );
  // Used by a group that has no stable version.
  assert.deepEqual(lacking, ['io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource']);
});

test('the paths and their operations are the published ones', { skip }, () => {
  const [mine, theirs] = [ours().paths, published().paths];
  const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];
  const differences: string[] = [];
  for (const [path, item] of Object.entries(mine))
    for (const method of methods) {
      const a = item[method] as Json | undefined;
      const b = theirs[path]?.[method] as Json | undefined;
      if (!a !== !b) differences.push(`${method} ${path}: ${a ? 'not published' : 'lacking'}`);
      if (!a || !b) continue;
      for (const key of ['operationId', 'x-kubernetes-action', 'x-kubernetes-group-version-kind', 'tags'])
        if (JSON.stringify(comparable(a[key])) !== JSON.stringify(comparable(b[key])))
          differences.push(
            `${method} ${path} ${key}: ${JSON.stringify(a[key])}, published ${JSON.stringify(b[key])}`,
          );
      const schema = (operation: Json) =>
        JSON.stringify((operation.responses as Record<string, { schema?: unknown }>)[200]?.schema);
      if (schema(a) !== schema(b))
        differences.push(`${method} ${path} answer: ${schema(a)}, published ${schema(b)}`);
    }
  assert.deepEqual(differences, []);
  const lacking = Object.keys(theirs).filter(
    path => !(path in mine) && !path.includes('/watch/') && !/\/v\d+(alpha|beta)\d+\//.test(path),
  );
  assert.deepEqual(lacking, [
    // Groups with no stable version.
    '/apis/internal.apiserver.k8s.io/',
    '/apis/storagemigration.k8s.io/',
  ]);
});

test('v3: the index leads to documents that hold all they refer to', () => {
  const openApi = createOpenApi('v1.36.0');
  const { paths } = openApi.v3Index({ 'apis/example.com/v1': 'AA' });
  assert.equal(paths['apis/example.com/v1']?.serverRelativeURL, '/openapi/v3/apis/example.com/v1?hash=AA');
  for (const section of openApi.sections()) {
    const document = openApi.v3(section)!;
    assert.equal(paths[section]?.serverRelativeURL, `/openapi/v3/${section}?hash=${document.hash}`);
    const { components } = JSON.parse(document.text) as { components: { schemas: Json } };
    for (const [, name] of document.text.matchAll(/#\/components\/schemas\/([^"]+)/g))
      assert.ok(components.schemas[name!], `${section} lacks ${name}`);
  }
  assert.equal(openApi.v3('apis/example.com/v1'), undefined);
});

test('v3 carries what kubectl apply and explain read', () => {
  const { paths, components } = JSON.parse(createOpenApi('v1.36.0').v3('apis/apps/v1')!.text) as {
    paths: Record<string, Record<string, Json>>;
    components: { schemas: Record<string, Record<string, Record<string, Json>>> };
  };
  const item = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!;
  assert.deepEqual(item.get!['x-kubernetes-group-version-kind'], {
    group: 'apps',
    kind: 'Deployment',
    version: 'v1',
  });
  const names = (item.patch!.parameters as { name: string }[]).map(each => each.name);
  assert.ok(names.includes('fieldValidation') && names.includes('force') && names.includes('dryRun'));
  const containers = components.schemas['io.k8s.api.core.v1.PodSpec']!.properties!.containers!;
  assert.equal(containers['x-kubernetes-patch-merge-key'], 'name');
  assert.equal(containers['x-kubernetes-patch-strategy'], 'merge');
  assert.match(String(containers.description), /containers/);
  const spec = components.schemas['io.k8s.api.apps.v1.Deployment']!.properties!.spec!;
  assert.deepEqual(spec.allOf, [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }]);
});
