// A real cluster for tests that use it as a stranger would: the command, kubectl, and a state folder of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const command = fileURLToPath(new URL('../../bin/tsukube.mjs', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Runs a program and gives what came of it; only a program that cannot be started, or takes too long, throws. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', chunk => {
      stdout += chunk;
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    const limit = options.timeoutMs ?? 60_000;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${program} ${args.join(' ')} took more than ${limit} ms\n${stdout}\n${stderr}`));
    }, limit);
    options.signal?.addEventListener('abort', () => child.kill('SIGKILL'));
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** A folder with state, cache and kubeconfig of its own, and the commands in it. */
export class Sandbox implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tsukube-e2e-'));
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_STATE_HOME: join(this.folder, 'state'),
    XDG_CACHE_HOME: join(this.folder, 'cache'),
    KUBECONFIG: join(this.folder, 'kubeconfig'),
    HOME: this.folder,
  };
  private readonly names = new Set<string>();

  tsukube(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const at = args.indexOf('--name');
    if (args[0] === 'up') this.names.add(at < 0 ? 'tsukube' : args[at + 1]!);
    return run(process.execPath, [command, ...args], { env: this.env, ...options });
  }

  /** A line of shell, with kubectl set to the cluster; must succeed. Gives standard output. */
  async sh(line: string, options: RunOptions = {}): Promise<string> {
    const outcome = await run('bash', ['-o', 'pipefail', '-c', line], { env: this.env, ...options });
    assert.equal(outcome.code, 0, `${line}\n${outcome.stdout}\n${outcome.stderr}`);
    return outcome.stdout;
  }

  /** The same for a line that may fail. */
  try(line: string, options: RunOptions = {}): Promise<Outcome> {
    return run('bash', ['-o', 'pipefail', '-c', line], { env: this.env, ...options });
  }

  /** Runs a command inside of the cluster's network. */
  async inside(
    words: readonly string[],
    options: RunOptions & { node?: string; name?: string } = {},
  ): Promise<Outcome> {
    const name = options.name ? ['--name', options.name] : [];
    return this.tsukube(['shell', ...name, ...(options.node ? [options.node] : []), '--', ...words], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.names) await this.tsukube(['down', '--name', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks until `check` gives something true, at most `timeoutMs`; the last answer or error is in the failure. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await check();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise(next => setTimeout(next, 50));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}

/** The chi-square statistic of counts that should be equal. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
