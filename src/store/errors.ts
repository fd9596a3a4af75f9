/** Why a store cannot be opened or used. One line each, fit for a user's terminal. */
export type StoreErrorCode =
  /** Another process has it open. */
  | 'locked'
  /** Written by a newer release. */
  | 'newer'
  | 'corrupt'
  | 'full'
  /** The disk refused in a way after which what was written is unknown: open the store again. */
  | 'failed'
  | 'closed';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
