import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRegistry } from './builtins.ts';
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  compareVersions,
} from './discovery.ts';

const swagger = fileURLToPath(new URL('../../../shared/data/swagger-v1.36.json', import.meta.url));
const skip = existsSync(swagger) ? false : 'the published description of v1.36 is not beside this repository';

test('every stable resource, subresource and verb that is published is served, and no other', {
  skip,
}, () => {
  const { paths } = JSON.parse(readFileSync(swagger, 'utf8')) as {
    paths: Record<
      string,
      Record<
        string,
        {
          'x-kubernetes-action'?: string;
          'x-kubernetes-group-version-kind'?: { kind: string; group: string; version: string };
        }
      >
    >;
  };
  const published = new Map<string, Set<string>>();
  for (const [path, operations] of Object.entries(paths)) {
    const match =
      /^\/(?:api|apis\/([^/]+))\/(v\d+)\/(?:namespaces\/\{namespace\}\/)?([a-z]+)(?:\/\{name\}(?:\/([a-z]+))?)?$/.exec(
        path,
      );
    if (!match || path.includes('/watch/')) continue;
    const [, group = '', version, resource, subresource] = match;
    const key = `${group}/${version}/${resource}${subresource ? `/${subresource}` : ''}`;
    const verbs = published.get(key) ?? new Set<string>();
    for (const [method, operation] of Object.entries(operations)) {
      const action = operation['x-kubernetes-action'];
      const connected = { get: 'get', post: 'create', put: 'update', patch: 'patch', delete: 'delete' }[
        method
      ];
      if (action === 'connect') {
        if (connected) verbs.add(connected);
      } else if (action === 'list') {
        verbs.add('list');
        if (resource !== 'componentstatuses') verbs.add('watch');
      } else if (action === 'post') verbs.add('create');
      else if (action === 'put') verbs.add('update');
      else if (action) verbs.add(action);
    }
    published.set(key, verbs);
  }
  const registry = createRegistry();
  const served = new Map<string, string>();
  for (const registration of registry.all()) {
    const list = apiResourceList(registry, registration.group, registration.version)!;
    for (const { name, verbs } of list.resources)
      served.set(`${registration.group}/${registration.version}/${name}`, [...verbs].sort().join(','));
  }
  const expected = Object.fromEntries(
    [...published].map(([key, verbs]) => [key, [...verbs].sort().join(',')]).sort(),
  );
  assert.deepEqual(Object.fromEntries([...served].sort()), expected);
});

test('what kubectl needs of a resource is there', () => {
  const registry = createRegistry();
  const core = apiResourceList(registry, '', 'v1')!;
  assert.deepEqual(
    core.resources.find(each => each.name === 'pods'),
    {
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
    },
  );
  const eviction = core.resources.find(each => each.name === 'pods/eviction')!;
  assert.deepEqual([eviction.group, eviction.version, eviction.kind], ['policy', 'v1', 'Eviction']);
  const scale = apiResourceList(registry, 'apps', 'v1')!.resources.find(
    each => each.name === 'deployments/scale',
  )!;
  assert.deepEqual([scale.group, scale.version, scale.kind], ['autoscaling', 'v1', 'Scale']);
  assert.equal(apiGroup(registry, 'autoscaling')?.preferredVersion?.version, 'v2');
  assert.equal(apiGroup(registry, 'nothing.example.com'), undefined);
  assert.equal(apiGroupList(registry).groups[0]!.name, 'apiregistration.k8s.io');
});

test('the aggregated form says the same as the plain one', () => {
  const registry = createRegistry();
  for (const part of ['core', 'groups'] as const)
    for (const item of aggregatedDiscovery(registry, part).items)
      for (const { version, resources } of item.versions) {
        const plain = apiResourceList(registry, item.metadata.name ?? '', version)!;
        const names = resources.flatMap(each => [
          each.resource,
          ...(each.subresources ?? []).map(sub => `${each.resource}/${sub.subresource}`),
        ]);
        assert.deepEqual(names.sort(), plain.resources.map(each => each.name).sort());
      }
});

test('versions are ordered as kubectl prefers them', () => {
  const sorted = ['v1beta1', 'v10', 'foo', 'v2', 'v1alpha3', 'v1', 'v2beta2'].sort(compareVersions);
  assert.deepEqual(sorted, ['v10', 'v2', 'v1', 'v2beta2', 'v1beta1', 'v1alpha3', 'foo']);
});
