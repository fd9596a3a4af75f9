// Requests for resources: from HTTP to an ApiRequest and back.
import type { Registration } from '../../api/registration.ts';
import type { Clock } from '../../machinery/clock.ts';
import { invalid, noSuchPath } from '../../machinery/status-errors.ts';
import type { ApiRequest, ApiResult, Verb } from '../api-request.ts';
import type { User } from '../contracts.ts';
import { methodNotAllowed } from '../refusals.ts';
import { readBody, readPatch } from './body.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import { negotiate, wantsPretty } from './negotiation.ts';
import { deleteOptions, listQuery, writeQuery } from './query.ts';
import type { RequestInfo } from './request-info.ts';
import { type Form, includeOf, respond } from './respond.ts';

export const formOf = (request: HttpRequest, query: URLSearchParams, clock: Clock): Form => ({
  media: negotiate(request.header('accept')),
  pretty: wantsPretty(query, request.header('user-agent')),
  include: includeOf(query),
  clock,
});

const verbs = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']);
const optionsKinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};

/** Whether a path that names this resource can exist at all: scope and name must fit. */
function checkPath(info: RequestInfo, registration: Registration): void {
  const { verb, namespace, name, subresource } = info;
  if (subresource && !registration.subresources[subresource]) throw noSuchPath();
  const needsName =
    verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete' || subresource !== '';
  if (registration.namespaced) {
    const everywhere = !namespace && !name && (verb === 'list' || verb === 'watch');
    if (!namespace && !everywhere) {
      if (verb === 'create' || verb === 'deletecollection') throw methodNotAllowed();
      throw noSuchPath();
    }
  } else if (namespace && registration.resource !== 'namespaces') throw noSuchPath();
  if (needsName && !name) throw methodNotAllowed();
  if (verb === 'create' && name && !subresource) throw methodNotAllowed();
}

export interface ResourceOptions {
  clock: Clock;
  perform(request: ApiRequest): Promise<ApiResult>;
}

/** Answers a request that has been authorized. */
export async function serveResource(
  options: ResourceOptions,
  user: User,
  registration: Registration,
  info: RequestInfo,
  request: HttpRequest,
  query: URLSearchParams,
  warn: (message: string) => void,
): Promise<HttpResponse> {
  if (!verbs.has(info.verb)) throw methodNotAllowed();
  checkPath(info, registration);
  const verb = info.verb as Verb;
  const form = formOf(request, query, options.clock);
  const api: ApiRequest = {
    user,
    verb,
    registration,
    subresource: info.subresource,
    namespace: registration.namespaced ? info.namespace : '',
    name: info.name,
    warn,
  };
  if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') readList(api, info, query);
  else if (verb === 'get') api.query = { resourceVersion: query.get('resourceVersion') ?? undefined };
  if (verb === 'create' || verb === 'update' || verb === 'patch') await readWrite(api, request, query);
  if (verb === 'delete' || verb === 'deletecollection') await readDelete(api, request, query);
  return respond(form, await options.perform(api));
}

function readList(api: ApiRequest, info: RequestInfo, query: URLSearchParams): void {
  api.query = listQuery(query);
  // A watch of one object by the old path, or a selector of one name.
  if (info.name && !api.query.fieldSelector) api.query.fieldSelector = `metadata.name=${info.name}`;
  api.name = '';
}

async function readWrite(api: ApiRequest, request: HttpRequest, query: URLSearchParams): Promise<void> {
  const { registration, subresource, verb } = api;
  const write = writeQuery(query, optionsKinds[verb]!, request.header('user-agent'));
  api.dryRun = write.dryRun;
  api.fieldManager = write.fieldManager;
  api.fieldValidation = write.fieldValidation;
  if (verb !== 'patch') {
    const own = subresource ? registration.subresources[subresource] : undefined;
    const expected = own?.kind ?? registration.kind;
    const model = own?.model ?? registration.model;
    const body = await readBody(request, expected, (_, kind) => (kind === expected ? model : undefined));
    api.body = body.value;
    api.bodyText = body.text;
    return;
  }
  const patch = await readPatch(request);
  const causes = [];
  if (patch.type === 'apply' && !query.get('fieldManager'))
    causes.push({
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    });
  if (patch.type !== 'apply' && query.has('force'))
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
      field: 'force',
    });
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', causes);
  api.patch = { ...patch, force: write.force };
}

async function readDelete(api: ApiRequest, request: HttpRequest, query: URLSearchParams): Promise<void> {
  const length = request.header('content-length');
  const hasBody = length !== undefined ? length !== '0' : request.header('content-type') !== undefined;
  const body = hasBody
    ? (await readBody(request, 'DeleteOptions', () => 'V1DeleteOptions')).value
    : undefined;
  const { options, dryRun } = deleteOptions(query, body);
  api.deleteOptions = options;
  api.dryRun = dryRun;
}
