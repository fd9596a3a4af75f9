import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from './error.mjs';

/** The first Node.js with stable type stripping and all else that the sources use. */
const minimum = 24;

/** The path of a Node.js that is new enough: the running one, or that of the npm package `node`, here or hoisted. */
export function projectNode(root) {
  if (Number(process.versions.node.split('.')[0]) >= minimum) return process.execPath;
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', 'node', 'bin', 'node');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new SetupError(
    `Node.js ${minimum} or later is needed, this is ${process.versions.node}, and the npm package "node" that brings it is not installed: run npm ci`,
  );
}

/** Runs the program in this process' place; gives its exit code. Signals from the terminal reach it by themselves. */
export function runIn(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : 15)));
  });
}
