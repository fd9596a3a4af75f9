/** Something the user can mend: printed as one line that says what is wrong and what to do; exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
