/** Runs a program to its end and gives its standard output; rejects when it ends with another code than 0. Real: `src/platform/exec.ts`. */
export type Execute = (
  program: string,
  args: readonly string[],
  options?: { input?: string },
) => Promise<string>;
