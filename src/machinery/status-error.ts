import type { V1Status, V1StatusCause } from '../api/generated/types.ts';

/** Upstream's `metav1.StatusReason` values with their HTTP codes (apimachinery pkg/apis/meta/v1/types.go). */
export const reasonCodes = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  Invalid: 422,
  ServerTimeout: 500,
  StoreReadError: 500,
  Timeout: 504,
  TooManyRequests: 429,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  InternalError: 500,
  ServiceUnavailable: 503,
} as const;

export type StatusReason = keyof typeof reasonCodes;

export interface StatusDetails {
  name?: string;
  group?: string;
  /** The resource's plural, or the kind for `Invalid`, as upstream has it. */
  kind?: string;
  uid?: string;
  causes?: V1StatusCause[];
  retryAfterSeconds?: number;
}

/** Every refusal of the API, on the server and as a client sees it. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly reason: StatusReason | '';
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason | '', message: string, details?: StatusDetails, code?: number) {
    super(message);
    this.reason = reason;
    this.details = details;
    this.code = code ?? (reason ? reasonCodes[reason] : 500);
  }

  /** The `Status` object for the wire. */
  toStatus(): V1Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  static fromStatus(status: V1Status): StatusError {
    const reason = status.reason && status.reason in reasonCodes ? (status.reason as StatusReason) : '';
    return new StatusError(
      reason,
      status.message ?? '',
      status.details as StatusDetails | undefined,
      status.code,
    );
  }
}

const hasReason = (error: unknown, reason: StatusReason): boolean =>
  error instanceof StatusError && error.reason === reason;

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired') || hasReason(error, 'Gone');
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden');
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid');
export const isTooManyRequests = (error: unknown): boolean => hasReason(error, 'TooManyRequests');

/** True for a refusal because the namespace is being deleted: controllers stop quietly then. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError &&
  error.reason === 'Forbidden' &&
  (error.details?.causes ?? []).some(cause => cause.reason === 'NamespaceTerminating');
