import { spawn } from 'node:child_process';

/** A command that ended with something else than 0, could not be started, or was ended by a signal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: number | null;
  readonly stderr: string;
  constructor(command: string, code: number | null, stderr: string, cause?: unknown) {
    super(`${command}: ${stderr.trim().split('\n').at(-1) || `ended with ${code ?? 'a signal'}`}`, { cause });
    this.code = code;
    this.stderr = stderr;
  }
}

export interface ExecOptions {
  input?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  signal?: AbortSignal;
}

/** Runs a program to its end and gives what it wrote to standard output; throws CommandError. */
export function exec(program: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: options.env,
      cwd: options.cwd,
      signal: options.signal,
    });
    const label = [program, ...args.slice(0, 6)].join(' ');
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout!.on('data', chunk => out.push(chunk));
    child.stderr!.on('data', chunk => err.push(chunk));
    child.on('error', error => reject(new CommandError(label, null, error.message, error)));
    child.on('close', code => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new CommandError(label, code, Buffer.concat(err).toString()));
    });
    // A program that ends without reading its input closes the pipe: the exit code tells all there is to tell.
    child.stdin?.on('error', () => {});
    if (options.input !== undefined) child.stdin!.end(options.input);
  });
}
