import type { Registration } from '../../api/registration.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { badRequest } from '../../machinery/status-errors.ts';

/** Checks the kind of a body that has been parsed, and fills it in where it is left out; the body is the caller's own. */
export function identify(
  body: unknown,
  expected: { group: string; version: string; kind: string },
): KubeObject {
  const apiVersion = apiVersionOf(expected);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const what = Array.isArray(body) ? 'array' : typeof body;
    throw badRequest(
      `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: json: cannot unmarshal ${what} into Go value of type ${goType(expected)}`,
    );
  }
  const object = body as KubeObject;
  const [kind, version] = [object.kind || expected.kind, object.apiVersion || apiVersion];
  if (kind !== expected.kind || version !== apiVersion) {
    if (kind === expected.kind) {
      throw badRequest(
        `the API version in the data (${version}) does not match the expected API version (${apiVersion})`,
      );
    }
    const short = version.slice(version.indexOf('/') + 1);
    throw badRequest(
      `${kind} in version "${short}" cannot be handled as a ${expected.kind}: no kind "${kind}" is registered for version "${version}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  object.kind = kind;
  object.apiVersion = version;
  return object;
}

const goType = ({ version, kind }: { version: string; kind: string }): string => `${version}.${kind}`;

/** The namespace of an object must be the request's; it is filled in where it is left out. */
export function ensureNamespace(object: KubeObject, registration: Registration, namespace: string): void {
  const metadata = (object.metadata ??= {});
  const expected = registration.namespaced ? namespace : '';
  if (!metadata.namespace) {
    if (expected) metadata.namespace = expected;
    return;
  }
  if (metadata.namespace !== expected) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The object of an update must bear the request's name. */
export function checkName(object: KubeObject, name: string): void {
  const own = object.metadata?.name;
  if (!own) {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (own !== name)
    throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}
