import { readdir, readFile, rmdir, statfs } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './options.ts';

const goArchitectures: Record<string, string> = { x64: 'amd64', ia32: '386' };
const cgroupRoot = '/sys/fs/cgroup';

const text = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    content => content.trim(),
    () => '',
  );

async function osImage(): Promise<string> {
  const release = await text('/etc/os-release');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux';
}

/** Removes a directory of cgroups with what lies below; a cgroup that still has processes stays. */
async function removeCgroupTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroupTree(join(path, entry.name));
  await rmdir(path).catch(() => {});
}

/** This Linux machine. `rootDirectory` tells which file system's size counts. */
export const linuxMachine = (rootDirectory: string): Machine => ({
  async facts() {
    const [machineId, systemUuid, bootId, image, disk] = await Promise.all([
      text('/etc/machine-id'),
      text('/sys/class/dmi/id/product_uuid'),
      text('/proc/sys/kernel/random/boot_id'),
      osImage(),
      statfs(rootDirectory).catch(() => ({ blocks: 0, bsize: 0 })),
    ]);
    return {
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      storageBytes: disk.blocks * disk.bsize,
      kernelVersion: release(),
      osImage: image,
      operatingSystem: 'linux',
      architecture: goArchitectures[process.arch] ?? process.arch,
      machineId,
      systemUuid: systemUuid || machineId,
      bootId,
    };
  },
  async usage() {
    const [stat, meminfo] = await Promise.all([text('/proc/stat'), text('/proc/meminfo')]);
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (stat.split('\n')[0] ?? '')
      .split(/\s+/)
      .map(Number);
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
    const available = kilobytes('MemAvailable') * 1024;
    // The kernel counts in hundredths of a second.
    return {
      cpuNanoseconds: (user + nice + system + irq + softirq) * 10_000_000,
      workingSetBytes: kilobytes('MemTotal') * 1024 - available,
      availableBytes: available,
    };
  },
  async disk(path) {
    const { blocks, bavail, bsize } = await statfs(path).catch(() => ({ blocks: 0, bavail: 0, bsize: 0 }));
    return { totalBytes: blocks * bsize, availableBytes: bavail * bsize };
  },
  async removeCgroup(path) {
    const unified = await text(join(cgroupRoot, 'cgroup.controllers'));
    const hierarchies = unified
      ? [cgroupRoot]
      : (await readdir(cgroupRoot, { withFileTypes: true }).catch(() => []))
          .filter(entry => entry.isDirectory())
          .map(entry => join(cgroupRoot, entry.name));
    await Promise.all(hierarchies.map(hierarchy => removeCgroupTree(join(hierarchy, path))));
  },
});
