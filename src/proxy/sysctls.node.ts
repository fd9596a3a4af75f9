import { readFile, writeFile } from 'node:fs/promises';
import type { Sysctls } from './conntrack-sysctls.ts';

const file = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** The sysctls of this process's network namespace. */
export const sysctls: Sysctls = {
  async read(name) {
    try {
      return (await readFile(file(name), 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  write: (name, value) => writeFile(file(name), String(value)),
};
