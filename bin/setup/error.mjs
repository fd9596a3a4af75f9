/** Set-up cannot go on; the message says what is missing and what to do. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Says what set-up does and why, on standard error so that a command's own output stays clean. */
export const say = text => process.stderr.write(`set-up: ${text}\n`);
