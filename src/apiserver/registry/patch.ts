import { isModel, schemaOf } from '../../api/schema.ts';
import type { PatchType } from '../../client/client.ts';
import { isObject } from '../../machinery/json.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { applyJsonPatch, unknownJsonPatchFields } from '../../machinery/patch/json.ts';
import { applyMergePatch } from '../../machinery/patch/merge.ts';
import { applyStrategicPatch } from '../../machinery/patch/strategic.ts';
import { badRequest, notFound, unsupportedMediaType } from '../../machinery/status-errors.ts';
import { cloneJson } from './clone.ts';
import type { Core, WriteCall } from './core.ts';
import { identify } from './decode.ts';
import { decodeFields, decodePatched } from './fields.ts';
import { applyFields } from './managed-fields.ts';
import { updateObject, type Written } from './update.ts';

export interface PatchRequest {
  type: PatchType;
  /** Parsed; not changed. */
  body: unknown;
  force?: boolean;
}

/** The object that a patch other than `apply` makes of another, not yet decoded; the caller's own. */
export function patched<T extends object>(
  call: WriteCall,
  current: T,
  patch: PatchRequest,
  model: string,
): T {
  const { type, body } = patch;
  if (type === 'json') {
    if (Array.isArray(body) && call.fieldValidation !== 'Ignore') {
      for (const field of unknownJsonPatchFields(body)) call.warn(field);
    }
    return cloneJson(applyJsonPatch(current, body));
  }
  if (type === 'merge') return cloneJson(applyMergePatch(current, body));
  if (!isModel(model)) {
    const types = [
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ];
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
    );
  }
  return cloneJson(applyStrategicPatch(current, body, schemaOf(model)));
}

/** PATCH of an object or of its status: applied anew to what is there whenever another writer came first. */
export function patchObject(core: Core, call: WriteCall, patch: PatchRequest): Promise<Written> {
  if (patch.type === 'apply') return applyObject(core, call, patch);
  const { registration } = call;
  return updateObject(core, call, {
    produce(existing) {
      if (!existing) throw notFound(registration, call.name);
      const object = decodePatched(
        call,
        identify(patched<KubeObject>(call, existing, patch, registration.model), registration),
      );
      registration.strategy.defaults?.(object);
      return object;
    },
  });
}

/** Server-side apply: creates what is not there. */
function applyObject(core: Core, call: WriteCall, patch: PatchRequest): Promise<Written> {
  const { registration } = call;
  if (!isObject(patch.body)) throw badRequest('error decoding YAML: the patch is not an object');
  const body = identify(cloneJson(patch.body), registration);
  if (body.metadata?.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  const metadata = (body.metadata ??= {});
  metadata.name ||= call.name;
  if (registration.namespaced) metadata.namespace ||= call.namespace;
  const config = decodeFields(call, body);
  const defaults = (object: KubeObject): KubeObject => {
    registration.strategy.defaults?.(object);
    return object;
  };
  return updateObject(core, call, {
    create: true,
    tracked: true,
    produce: (existing: Stored<KubeObject> | undefined) =>
      defaults(applyFields(core, call, existing, cloneJson(config), patch.force === true)),
  });
}
