// Upstream's refusals with upstream's messages (apimachinery pkg/api/errors/errors.go), v1.36.
import type { V1StatusCause } from '../api/generated/types.ts';
import { StatusError } from './status-error.ts';

interface GroupResource {
  group: string;
  resource: string;
}

const qualified = ({ group, resource }: GroupResource): string => (group ? `${resource}.${group}` : resource);
const details = ({ group, resource }: GroupResource, name: string) => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  kind: resource,
});

export const notFound = (resource: GroupResource, name: string): StatusError =>
  new StatusError('NotFound', `${qualified(resource)} "${name}" not found`, details(resource, name));

export const alreadyExists = (resource: GroupResource, name: string): StatusError =>
  new StatusError(
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    details(resource, name),
  );

export const conflict = (resource: GroupResource, name: string, why: string): StatusError =>
  new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    details(resource, name),
  );

/** The usual conflict of an optimistic write. */
export const modified = (resource: GroupResource, name: string): StatusError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const forbidden = (resource: GroupResource, name: string, why: string): StatusError =>
  new StatusError(
    'Forbidden',
    !resource.resource
      ? `forbidden: ${why}`
      : name
        ? `${qualified(resource)} "${name}" is forbidden: ${why}`
        : `${qualified(resource)} is forbidden: ${why}`,
    details(resource, name),
  );

/** `message` of each cause is complete but for its field; the Status' message joins them as upstream does. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: V1StatusCause[],
): StatusError {
  const list = [...new Set(causes.map(cause => `${cause.field}: ${cause.message}`))];
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  const subject = `${kind.group ? `${kind.kind}.${kind.group}` : kind.kind} "${name}" is invalid`;
  return new StatusError('Invalid', list.length === 0 ? subject : `${subject}: ${text}`, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.kind,
    causes,
  });
}

export const badRequest = (why: string): StatusError => new StatusError('BadRequest', why);
export const unauthorized = (why = 'Unauthorized'): StatusError => new StatusError('Unauthorized', why);
export const internalError = (why: string): StatusError =>
  new StatusError('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });
export const expired = (why: string): StatusError => new StatusError('Expired', why);
/** No seconds are no field, as upstream leaves zeros out. */
const retryIn = (retryAfterSeconds: number) => (retryAfterSeconds > 0 ? { retryAfterSeconds } : {});

export const timeout = (why: string, retryAfterSeconds = 0): StatusError =>
  new StatusError('Timeout', `Timeout: ${why}`, retryIn(retryAfterSeconds));
export const tooManyRequests = (why: string, retryAfterSeconds: number): StatusError =>
  new StatusError('TooManyRequests', why, retryIn(retryAfterSeconds));
export const serviceUnavailable = (why: string): StatusError => new StatusError('ServiceUnavailable', why);

/** What could not be done now and may be tried again; `operation` is the verb. */
export const serverTimeout = (
  resource: GroupResource,
  operation: string,
  retryAfterSeconds = 0,
): StatusError =>
  new StatusError(
    'ServerTimeout',
    `The ${operation} operation against ${qualified(resource)} could not be completed at this time, please try again.`,
    { ...details(resource, operation), ...retryIn(retryAfterSeconds) },
  );

/** A name made from generateName that was taken each time. */
export const generateNameConflict = (resource: GroupResource, name: string): StatusError =>
  new StatusError(
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    { ...details(resource, name), retryAfterSeconds: 1 },
  );
export const methodNotSupported = (resource: GroupResource, action: string): StatusError =>
  new StatusError(
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${qualified(resource)}"`,
    details(resource, ''),
  );
export const unsupportedMediaType = (why: string): StatusError =>
  new StatusError('UnsupportedMediaType', why);
export const notAcceptable = (why: string): StatusError => new StatusError('NotAcceptable', why);
export const tooLarge = (why: string): StatusError =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: ${why}`);

/** The bare 422 for a patch that does not apply; why is the `cause`, which clients are not told. */
export function unprocessable(cause: Error): StatusError {
  const error = new StatusError(
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  );
  error.cause = cause;
  return error;
}

/** A server-side apply that would take fields from other managers. */
export const applyConflict = (message: string, causes: V1StatusCause[]): StatusError =>
  new StatusError('Conflict', message, { causes });
/** A path that no handler serves. */
export const noSuchPath = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', { causes: undefined });
