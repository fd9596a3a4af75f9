import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileContent, Ownership } from './files.ts';

const dataLink = '..data';

async function sameContent(directory: string, files: Map<string, FileContent>): Promise<boolean> {
  const current = join(directory, dataLink);
  try {
    const names = await filesBelow(current);
    if (names.length !== files.size) return false;
    for (const name of names) {
      const wanted = files.get(name);
      if (!wanted) return false;
      const path = join(current, name);
      const [data, { mode }] = await Promise.all([readFile(path), stat(path)]);
      if ((mode & 0o777) !== (wanted.mode & 0o777) || Buffer.compare(data, wanted.data) !== 0) return false;
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function filesBelow(directory: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const name = prefix + entry.name;
    if (entry.isDirectory()) found.push(...(await filesBelow(join(directory, entry.name), `${name}/`)));
    else found.push(name);
  }
  return found;
}

/** Group permissions of what fsGroup owns in a volume that is only read. */
const groupRead = 0o440;
const setGroupId = 0o2000;

/**
 * Makes `directory` hold exactly these files. Readers see the old set or the new one: the files lie in a directory of their own, which
 * the link `..data` names, and what they see at the top are links through it (upstream: pkg/volume/util/atomic_writer.go).
 */
export async function projectFiles(
  directory: string,
  files: Map<string, FileContent>,
  { fsGroup, user }: Ownership,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if (files.size > 0 && (await sameContent(directory, withOwnership(files, fsGroup)))) return;
  const fresh = await mkdtemp(
    join(directory, `..${new Date().toISOString().replace(/[-:T]/g, '_').slice(0, 19)}.`),
  );
  await chmod(fresh, 0o755);
  for (const [name, { data, mode }] of withOwnership(files, fsGroup)) {
    const path = join(fresh, name);
    if (name.includes('/')) await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(path, data, { mode });
    // The process' umask may have taken bits away.
    await chmod(path, mode & 0o777);
    if (fsGroup !== undefined || user !== undefined) await chown(path, user ?? 0, fsGroup ?? 0);
  }
  if (fsGroup !== undefined) {
    await chown(fresh, 0, fsGroup);
    await chmod(fresh, 0o755 | setGroupId);
    await chown(directory, 0, fsGroup);
    await chmod(directory, 0o755 | setGroupId);
  }
  const previous = await readlink(join(directory, dataLink)).catch(() => undefined);
  const temporary = join(directory, '..data_tmp');
  await rm(temporary, { force: true });
  await symlink(fresh.slice(fresh.lastIndexOf('/') + 1), temporary);
  await rename(temporary, join(directory, dataLink));
  const tops = new Set([...files.keys()].map(name => name.split('/')[0]!));
  for (const top of tops) {
    const link = join(directory, top);
    if (!(await lstat(link).catch(() => undefined))) await symlink(`${dataLink}/${top}`, link);
  }
  for (const name of await readdir(directory))
    if (!name.startsWith('..') && !tops.has(name)) await rm(join(directory, name), { force: true });
  if (previous) await rm(join(directory, previous), { recursive: true, force: true });
}

const withOwnership = (
  files: Map<string, FileContent>,
  fsGroup: number | undefined,
): Map<string, FileContent> =>
  fsGroup === undefined
    ? files
    : new Map(Array.from(files, ([name, file]) => [name, { ...file, mode: file.mode | groupRead }]));
