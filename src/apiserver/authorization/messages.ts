// How upstream words a refused request (apiserver endpoints/handlers/responsewriters/errors.go).
import { StatusError } from '../../machinery/status-error.ts';
import { forbidden } from '../../machinery/status-errors.ts';
import type { Attributes } from '../contracts.ts';

/** `User "x" cannot list resource "pods" in API group "" in the namespace "default"`, and the reason if there is one. */
export function denialMessage(attributes: Attributes, reason: string): string {
  const { user, verb, group, resource, subresource, namespace, path, isResource } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const full = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  const text = isResource
    ? `${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}`
    : `${who} path ${JSON.stringify(path)}`;
  return reason ? `${text}: ${reason}` : text;
}

/** The 403 for a request that the authorizer has denied. */
export function deniedError(attributes: Attributes, reason: string): StatusError {
  const message = denialMessage(attributes, reason);
  if (attributes.isResource) return forbidden(attributes, attributes.name, message);
  return new StatusError('Forbidden', `forbidden: ${message}`, {});
}
