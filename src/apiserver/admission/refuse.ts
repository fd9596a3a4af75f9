import type { StatusError } from '../../machinery/status-error.ts';
import { forbidden } from '../../machinery/status-errors.ts';
import type { AdmissionRequest } from '../contracts.ts';

/** The 403 of an admission plugin, with upstream's name for an object that has none yet. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const { name, generateName } = request.object?.metadata ?? {};
  return forbidden(request.registration, request.name || name || generateName || 'Unknown', why);
}

/** True for a request about the resource itself (or the given subresource) of a group. */
export const isFor = (
  { registration, subresource }: AdmissionRequest,
  group: string,
  resource: string,
  sub = '',
): boolean => registration.group === group && registration.resource === resource && subresource === sub;
