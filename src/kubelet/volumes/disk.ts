import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { type PodFiles, podDirectory, podMemoryDirectory, VolumeError } from './files.ts';
import { projectFiles } from './project.ts';

const run = promisify(execFile);

const absent = (error: unknown): undefined => {
  if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
  throw error;
};

async function mountPoints(below: string): Promise<string[]> {
  const table = await readFile('/proc/self/mounts', 'utf8');
  return table
    .split('\n')
    .map(line =>
      (line.split(' ')[1] ?? '').replace(/\\(\d{3})/g, (_, octal) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter(path => path === below || path.startsWith(`${below}/`));
}

const mountTmpfs = (path: string, options: string): Promise<unknown> =>
  run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);

/** What a hostPath type wants to find there. */
const hostPathChecks: Record<string, { what: string; is(info: Awaited<ReturnType<typeof stat>>): boolean }> =
  {
    Directory: { what: 'a directory', is: info => info.isDirectory() },
    DirectoryOrCreate: { what: 'a directory', is: info => info.isDirectory() },
    File: { what: 'a file', is: info => info.isFile() },
    FileOrCreate: { what: 'a file', is: info => info.isFile() },
    Socket: { what: 'a socket file', is: info => info.isSocket() },
    CharDevice: { what: 'a character device', is: info => info.isCharacterDevice() },
    BlockDevice: { what: 'a block device', is: info => info.isBlockDevice() },
  };

/** The machine's own disk. Needs root for tmpfs and ownership. */
export const diskFiles: PodFiles = {
  async start(rootDirectory) {
    await mkdir(join(rootDirectory, 'pods'), { recursive: true, mode: 0o750 });
    const memory = join(rootDirectory, 'memory');
    await mkdir(memory, { recursive: true, mode: 0o750 });
    // One tmpfs for all: a mount for each Secret would cost a process each.
    if ((await mountPoints(memory)).length === 0) await mountTmpfs(memory, 'mode=0755');
  },
  project: projectFiles,
  async emptyDirectory(directory, { memory, sizeBytes, fsGroup }) {
    await mkdir(directory, { recursive: true, mode: 0o777 });
    if (memory && !(await mountPoints(directory)).includes(directory))
      await mountTmpfs(directory, `mode=0777${sizeBytes ? `,size=${sizeBytes}` : ''}`);
    if (fsGroup !== undefined) await chown(directory, 0, fsGroup);
    await chmod(directory, fsGroup === undefined ? 0o777 : 0o2777);
  },
  async hostPath(path, type) {
    const check = hostPathChecks[type];
    if (!check) return;
    let info = await stat(path).catch(absent);
    if (!info && type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
    else if (!info && type === 'FileOrCreate') await writeFile(path, '', { mode: 0o644, flag: 'a' });
    info ??= await stat(path).catch(absent);
    if (!info || !check.is(info))
      throw new VolumeError(`hostPath type check failed: ${path} is not ${check.what}`);
  },
  async subPath(volume, path) {
    const base = await realpath(volume);
    const inside = (candidate: string): boolean => candidate === base || candidate.startsWith(base + sep);
    let reached = base;
    for (const part of path.split('/').filter(Boolean)) {
      const next = join(reached, part);
      const real = await realpath(next).catch(absent);
      if (real === undefined) {
        await mkdir(next, { mode: 0o755 });
        // Upstream gives a new directory the permissions of the volume.
        await chmod(next, (await stat(base)).mode & 0o7777);
        reached = next;
      } else reached = real;
      if (!inside(reached)) throw new VolumeError(`subPath "${path}" leads outside of its volume`);
    }
    return reached;
  },
  async writeFile(path, data, mode) {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await writeFile(path, data, { mode });
    await chmod(path, mode);
  },
  async readTail(path, maxBytes) {
    const handle = await open(path, 'r').catch(absent);
    if (!handle) return undefined;
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, maxBytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o755 });
  },
  async removePod(rootDirectory, podUid) {
    for (const directory of [
      podDirectory(rootDirectory, podUid),
      podMemoryDirectory(rootDirectory, podUid),
    ]) {
      for (const mount of (await mountPoints(directory)).reverse()) await run('umount', [mount]);
      await rm(directory, { recursive: true, force: true });
    }
  },
  async removeDirectory(path) {
    await rm(path, { recursive: true, force: true });
  },
  async removeFile(path) {
    await rm(path, { force: true });
  },
  async rotate(path, maxBytes, maxFiles) {
    const info = await stat(path).catch(absent);
    if (!info || info.size <= maxBytes) return false;
    await rename(path, `${path}.${new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14)}`);
    const [directory, name] = [dirname(path), basename(path)];
    const old = (await readdir(directory)).filter(entry => entry.startsWith(`${name}.`)).sort();
    // The one that is written to counts.
    for (const entry of old.slice(0, Math.max(0, old.length - (maxFiles - 1))))
      await rm(join(directory, entry), { force: true });
    return true;
  },
  async podUids(rootDirectory) {
    const [disk, memory] = await Promise.all(
      ['pods', 'memory'].map(name => readdir(join(rootDirectory, name)).catch(absent)),
    );
    return [...new Set([...(disk ?? []), ...(memory ?? [])])];
  },
};
