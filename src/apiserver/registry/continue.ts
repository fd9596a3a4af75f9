// Tokens of paginated lists, as upstream's (apiserver pkg/storage/continue.go): the revision of the first page and where to go on.
import type { StatusError } from '../../machinery/status-error.ts';
import { badRequest } from '../../machinery/status-errors.ts';

/** `start` is relative to the list's prefix; revision -1 goes on with whatever is there now. */
export const encodeContinue = (start: string, revision: number): string =>
  btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const refuse = (why: string): StatusError => badRequest(`continue key is not valid${why}`);

/** Throws BadRequest with upstream's text for what is no token. */
export function decodeContinue(token: string): { start: string; revision: number } {
  let decoded: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    decoded = JSON.parse(atob(token.replaceAll('-', '+').replaceAll('_', '/')));
  } catch (error) {
    throw refuse(`: ${error instanceof Error ? error.message : 'malformed'}`);
  }
  if (decoded.v !== 'meta.k8s.io/v1')
    throw refuse(`: server does not recognize this encoded version ${String(decoded.v ?? '')}`);
  if (typeof decoded.rv !== 'number' || decoded.rv === 0)
    throw refuse(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof decoded.start !== 'string' || decoded.start === '')
    throw refuse(': encoded start key empty (version meta.k8s.io/v1)');
  if (decoded.start.split('/').some(part => part === '..' || part === '.'))
    throw refuse(`: ${decoded.start}`);
  return { start: decoded.start, revision: decoded.rv };
}
