import { StatusError } from '../machinery/status-error.ts';

/** A method that no route of this path takes, in the words of upstream's router. */
export const methodNotAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** What the client sees of any error: a refusal as it is, anything else as upstream's 500. */
export const statusOf = (error: unknown): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('', error instanceof Error ? error.message : 'unknown error');
