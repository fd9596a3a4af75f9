import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors.ts';
import { inside } from '../holder.ts';

/** The arguments of `ctr` that import an archive where the kubelet looks for images. */
export const importArguments = (archive: string): string[] => [
  '--namespace',
  'k8s.io',
  'images',
  'import',
  archive,
];

/** Imports an archive into a node's containerd; gives the references that are in it. The file may lie where the node cannot see it. */
export async function importImages(holder: { pid: number }, file: string): Promise<string[]> {
  const [program, args] = inside(holder, 'ctr', ...importArguments('-'));
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', chunk => {
    output += chunk;
  });
  child.stderr.on('data', chunk => {
    errors += chunk;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // ctr closes its end early when the archive is none: its own message says more.
  await pipeline(createReadStream(file), child.stdin).catch(() => {});
  if ((await ended) !== 0)
    throw new UserError(`${file} cannot be loaded: ${errors.trim().split('\n').at(-1)}`);
  return [...output.matchAll(/^unpacking (\S+) /gm)].map(match => match[1]!);
}
