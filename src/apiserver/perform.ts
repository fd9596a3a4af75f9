// The verbs: an authorized request's way to the registry.
import type { V1DeleteOptions, V1Status } from '../api/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { noSuchPath } from '../machinery/status-errors.ts';
import type { ApiRequest, ApiResult } from './api-request.ts';
import type { ReviewHandler, SubresourceHandler } from './contracts.ts';
import { methodNotAllowed } from './refusals.ts';
import { cloneJson } from './registry/clone.ts';
import { deleteObjects } from './registry/collection.ts';
import { admissionOf, admit, type Core, validateAdmission, type WriteCall } from './registry/core.ts';
import { createObject } from './registry/create.ts';
import { ensureNamespace, identify } from './registry/decode.ts';
import { deleteObject } from './registry/delete.ts';
import { deleteAnswersObject } from './registry/facts.ts';
import { decodeFields } from './registry/fields.ts';
import { patchObject } from './registry/patch.ts';
import { getObject, listObjects, watchObjects } from './registry/read.ts';
import { getScale, patchScale, updateScale } from './registry/scale.ts';
import { updateObject, type Written } from './registry/update.ts';

const callOf = (request: ApiRequest): WriteCall => ({
  user: request.user,
  registration: request.registration,
  namespace: request.namespace ?? '',
  name: request.name ?? '',
  subresource: request.subresource ?? '',
  warn: request.warn ?? (() => {}),
  dryRun: request.dryRun ?? false,
  fieldManager: request.fieldManager ?? 'unknown',
  fieldValidation: request.fieldValidation ?? 'Ignore',
});

/** The body as an object of the request's kind, with its defaults. */
function decoded(call: WriteCall, request: ApiRequest): KubeObject {
  const { registration } = call;
  const object = decodeFields(call, identify(request.body, registration), request.bodyText);
  registration.strategy.defaults?.(object);
  return object;
}

/** Does what an authorized request asks for. Every refusal is a thrown StatusError. */
export async function perform(core: Core, request: ApiRequest): Promise<ApiResult> {
  const call = callOf(request);
  const { registration } = request;
  if (request.subresource) return performSubresource(core, request, call);
  const review = core.stages.reviews.find(handler => isFor(handler, call));
  if (review) return performReview(request, call, review);
  if (!registration.storagePrefix || !registration.verbs.includes(request.verb)) throw methodNotAllowed();
  switch (request.verb) {
    case 'get':
      return viewOf(call, 200, await getObject(core, call, request.query?.resourceVersion));
    case 'list':
      return { type: 'list', status: 200, page: await listObjects(core, call, request.query ?? {}) };
    case 'watch': {
      const query = request.query ?? {};
      return {
        type: 'watch',
        watcher: await watchObjects(core, call, query),
        timeoutSeconds: query.timeoutSeconds,
      };
    }
    case 'create':
      return viewOf(call, 201, await createObject(core, call, decoded(call, request)));
    case 'update':
      return writtenOf(call, await updateFrom(core, call, request));
    case 'patch':
      return writtenOf(call, await patchObject(core, call, request.patch!));
    case 'delete':
      return performDelete(core, call, request.deleteOptions ?? {});
    case 'deletecollection': {
      const page = await deleteObjects(core, call, request.query ?? {}, request.deleteOptions ?? {});
      return { type: 'list', status: 200, page };
    }
  }
}

const isFor = (handler: ReviewHandler | SubresourceHandler, { registration }: WriteCall): boolean =>
  handler.group === registration.group && handler.resource === registration.resource;

const viewOf = ({ registration }: WriteCall, status: number, view: Written['view']): ApiResult => ({
  type: 'view',
  status,
  registration,
  view,
});

const writtenOf = (call: WriteCall, { view, created }: Written): ApiResult =>
  viewOf(call, created ? 201 : 200, view);

/** PUT: the body replaces what is there; it is decoded once and copied for each attempt. */
function updateFrom(core: Core, call: WriteCall, request: ApiRequest): Promise<Written> {
  const object = decoded(call, request);
  return updateObject(core, call, { produce: () => cloneJson(object) });
}

async function performDelete(core: Core, call: WriteCall, options: V1DeleteOptions): Promise<ApiResult> {
  const { registration, name } = call;
  const { view, gone, pending } = await deleteObject(core, call, options);
  if ((!gone && !pending) || deleteAnswersObject(registration)) {
    return viewOf(call, !gone && options.orphanDependents === false ? 202 : 200, view);
  }
  const status: V1Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(registration.group ? { group: registration.group } : {}),
      kind: registration.resource,
      uid: view.object.metadata.uid,
    },
  };
  return { type: 'object', status: 200, object: status };
}

async function performReview(
  request: ApiRequest,
  call: WriteCall,
  review: ReviewHandler,
): Promise<ApiResult> {
  if (request.verb !== 'create') throw methodNotAllowed();
  const body = decoded(call, request);
  ensureNamespace(body, call.registration, call.namespace);
  const object = await review.handle({ user: call.user, namespace: call.namespace, body });
  return { type: 'object', status: 201, object };
}

async function performSubresource(core: Core, request: ApiRequest, call: WriteCall): Promise<ApiResult> {
  const { verb } = request;
  const { registration, subresource } = call;
  const handler = core.stages.subresources.find(
    candidate => candidate.subresource === subresource && isFor(candidate, call),
  );
  if (handler) return handleSubresource(core, request, call, handler);
  const facts = registration.subresources[subresource];
  if (!facts) throw noSuchPath();
  if (!facts.verbs.includes(verb)) throw methodNotAllowed();
  if (subresource === 'scale') {
    const object =
      verb === 'get'
        ? await getScale(core, call)
        : verb === 'update'
          ? await updateScale(core, call, request.body as KubeObject)
          : await patchScale(core, call, request.patch!);
    return { type: 'object', status: 200, object };
  }
  if (verb === 'get') return viewOf(call, 200, await getObject(core, call, request.query?.resourceVersion));
  if (verb === 'update') return writtenOf(call, await updateFrom(core, call, request));
  if (verb === 'patch') return writtenOf(call, await patchObject(core, call, request.patch!));
  throw methodNotAllowed();
}

async function handleSubresource(
  core: Core,
  request: ApiRequest,
  call: WriteCall,
  handler: SubresourceHandler,
): Promise<ApiResult> {
  const { user, namespace, name, dryRun, registration, subresource } = call;
  const { verb } = request;
  let body: KubeObject | undefined;
  if (request.body !== undefined) {
    const own = registration.subresources[subresource];
    const kind = own?.kind ?? registration.kind;
    const expected = {
      group: own?.group ?? registration.group,
      version: own?.version ?? registration.version,
      kind,
      model: own?.model ?? '',
    };
    body = decodeFields(
      { ...call, registration: expected },
      identify(request.body, expected),
      request.bodyText,
    );
    core.registry.byKind(expected.group, expected.version, kind)?.strategy.defaults?.(body);
    const operation = verb === 'create' ? 'CREATE' : 'UPDATE';
    await admit(core, admissionOf(call, operation, body, undefined));
    await validateAdmission(core, admissionOf(call, operation, body, undefined));
  }
  const object = await handler.handle({ user, verb, namespace, name, body, dryRun });
  return { type: 'object', status: verb === 'create' ? 201 : 200, object };
}
