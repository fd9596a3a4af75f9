// The paths of the API with their operations, from the official client's request factories.

import { subresourceKinds } from '../facts/kinds.ts';
import { type Operation, operations } from '../generated/operations.ts';
import { resourceList } from '../generated/resource-list.ts';
import { definitionNames } from './names.ts';
import { type Dialect, type GroupVersionKind, type Json, reference } from './schemas.ts';

const groups = new Set(resourceList.map(({ group, version }) => `${group}/${version}`));
const groupNames = new Set(resourceList.map(({ group }) => group));

/** Where a path belongs: `apis/apps/v1`, `api/v1`, `apis/apps`, `api`, `apis`, `version` …; undefined if it is not served. */
export function sectionOf(path: string): string | undefined {
  const parts = path.split('/').filter(Boolean);
  if (parts[0] === 'api') return parts.length === 1 ? 'api' : 'api/v1';
  if (parts[0] !== 'apis')
    return path.startsWith('/version') || path.startsWith('/logs') || path.includes('openid')
      ? parts[0]
      : undefined;
  const [, group, version] = parts;
  if (group === undefined) return 'apis';
  if (version === undefined) return groupNames.has(group) ? `apis/${group}` : undefined;
  return groups.has(`${group}/${version}`) ? `apis/${group}/${version}` : undefined;
}

/** What belongs to no group has no group in its names. */
const unnamed = new Set(['Apis', 'Logs', 'Openid', 'WellKnown']);

/** `createNamespacedPod` of `CoreV1` is `createCoreV1NamespacedPod`. */
function operationId({ id, api }: Operation): string {
  if (api === 'Version') return `${id}${api}`;
  if (unnamed.has(api)) return id;
  const verb = /^(?:deleteCollection|[a-z]+)/.exec(id)![0];
  const rest = id.slice(verb.length);
  if (verb === 'deleteCollection') return `delete${api}Collection${rest}`;
  return `${verb}${api}${rest}`;
}

const tagOf = (api: string): string => {
  if (api === 'WellKnown') return api;
  const match = /^(.*?)(V\d\w*)?$/.exec(api)!;
  const name = `${match[1]![0]!.toLowerCase()}${match[1]!.slice(1)}`;
  return match[2] ? `${name}_${match[2].toLowerCase()}` : name;
};

interface Parts {
  group: string;
  version: string;
  resource: string;
  subresource: string;
  named: boolean;
}

function partsOf(path: string): Parts | undefined {
  const match =
    /^\/(?:api|apis\/([^/]+))\/(v[^/]+)\/(?:watch\/)?(?:namespaces\/\{namespace\}\/(?=[a-z]))?([a-z]+)(\/\{name\})?(?:\/([a-z]+))?/.exec(
      path,
    );
  if (!match) return undefined;
  return {
    group: match[1] ?? '',
    version: match[2]!,
    resource: match[3]!,
    named: match[4] !== undefined,
    subresource: match[5] ?? '',
  };
}

function kindOf({ group, version, resource, subresource }: Parts): GroupVersionKind | undefined {
  const facts = resourceList.find(
    each => each.group === group && each.version === version && each.resource === resource,
  );
  if (!facts) return undefined;
  const name = group ? `${resource}.${group}` : resource;
  const special = subresource
    ? (subresourceKinds[`${name}/${subresource}`] ?? subresourceKinds[`*/${subresource}`])
    : undefined;
  return {
    group: special?.group ?? group,
    kind: special?.kind ?? facts.kind,
    version: special?.version ?? version,
  };
}

function actionOf(operation: Operation, parts: Parts | undefined): string | undefined {
  if (!parts) return undefined;
  if (operation.id.startsWith('connect')) return 'connect';
  if (operation.id.startsWith('deleteCollection')) return 'deletecollection';
  if (operation.method === 'GET') return parts.named ? 'get' : 'list';
  return operation.method.toLowerCase();
}

const produced = ['application/json', 'application/yaml'];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const streamed = ['application/json;stream=watch'];

const typed = (type: string): Json => ({ type: type === 'number' ? 'integer' : type });

function parameter(name: string, type: string, place: 'query' | 'path', dialect: Dialect): Json {
  const base = { name, in: place, uniqueItems: true, ...(place === 'path' ? { required: true } : {}) };
  if (dialect === 2) return { ...base, ...typed(type) };
  const { uniqueItems, ...rest } = base;
  return { ...rest, schema: { ...typed(type), uniqueItems } };
}

const bodyName = (operation: Operation): string | undefined =>
  operation.method === 'PATCH'
    ? 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'
    : operation.body && definitionNames().get(operation.body);

function responsesOf(operation: Operation, action: string | undefined, dialect: Dialect): Json {
  const name = operation.result && definitionNames().get(operation.result);
  const schema = name ? reference(name, dialect) : operation.result ? { type: 'string' } : undefined;
  const types = action === 'connect' ? ['*/*'] : action === 'list' ? [...produced, ...streamed] : produced;
  const answer = (description: string): Json =>
    !schema || dialect === 2
      ? { description, ...(schema ? { schema } : {}) }
      : { description, content: Object.fromEntries(types.map(type => [type, { schema }])) };
  const codes: Json = { 200: answer('OK') };
  if (['post', 'put', 'patch'].includes(action ?? '')) codes[201] = answer('Created');
  if (action === 'post' || action === 'delete') codes[202] = answer('Accepted');
  codes[401] = { description: 'Unauthorized' };
  return codes;
}

function operationOf(operation: Operation, dialect: Dialect): Json {
  const parts = partsOf(operation.path);
  const action = actionOf(operation, parts);
  const kind = parts && kindOf(parts);
  const body = bodyName(operation);
  const query = operation.query.map(({ name, type }) => parameter(name, type, 'query', dialect));
  const required = action !== 'delete' && action !== 'deletecollection';
  const consumes = operation.method === 'PATCH' ? patchTypes : ['*/*'];
  const shared: Json = {
    description: operation.doc,
    operationId: operationId(operation),
    tags: [tagOf(operation.api)],
  };
  const facts: Json = {
    responses: responsesOf(operation, action, dialect),
    ...(action ? { 'x-kubernetes-action': action } : {}),
    ...(kind ? { 'x-kubernetes-group-version-kind': kind } : {}),
  };
  if (dialect === 2) {
    const bodyParameter = body
      ? [{ name: 'body', in: 'body', required, schema: reference(body, dialect) }]
      : [];
    return {
      ...shared,
      consumes,
      produces: action === 'connect' ? ['*/*'] : action === 'list' ? [...produced, ...streamed] : produced,
      schemes: ['https'],
      parameters: [...bodyParameter, ...query],
      ...facts,
    };
  }
  const content =
    body && Object.fromEntries(consumes.map(type => [type, { schema: reference(body, dialect) }]));
  return {
    ...shared,
    parameters: query,
    ...(content ? { requestBody: { content, ...(required ? { required } : {}) } } : {}),
    ...facts,
  };
}

/** The client spells a few paths without the slash that they end with. */
const published: Readonly<Record<string, string>> = {
  '/openid/v1/jwks': '/openid/v1/jwks/',
  '/.well-known/openid-configuration': '/.well-known/openid-configuration/',
};

/** Path items of all served paths, or of one section. */
export function pathItems(dialect: Dialect, section?: string): Record<string, Json> {
  const items: Record<string, Json> = {};
  for (const operation of operations) {
    const place = sectionOf(operation.path);
    if (place === undefined || (section !== undefined && place !== section)) continue;
    const path = published[operation.path] ?? operation.path;
    let item = items[path];
    if (!item) {
      item = {};
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!);
      if (names.length > 0) item.parameters = names.map(name => parameter(name, 'string', 'path', dialect));
      items[path] = item;
    }
    item[operation.method.toLowerCase()] = operationOf(operation, dialect);
  }
  return items;
}

/** Names of the sections that have paths. */
export function sections(): string[] {
  const found = new Set<string>();
  for (const { path } of operations) {
    const section = sectionOf(path);
    if (section !== undefined) found.add(section);
  }
  return [...found].sort();
}
