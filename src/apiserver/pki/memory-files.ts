import type { PkiFiles } from './pki.ts';

/** Files that only this process sees; `all` has them by name. */
export function memoryPkiFiles(): PkiFiles & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    read: async name => all.get(name),
    write: async (name, text) => void all.set(name, text),
  };
}
