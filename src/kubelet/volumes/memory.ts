import { type FileContent, type PodFiles, podDirectory, podMemoryDirectory } from './files.ts';

/** A disk for simulations: it holds what was projected, and nothing else. `files` shows it to tests. */
export interface MemoryFiles extends PodFiles {
  readonly volumes: ReadonlyMap<string, Map<string, FileContent>>;
  /** What a simulated container would have written. */
  readonly texts: Map<string, string>;
}

export function createMemoryFiles(): MemoryFiles {
  const volumes = new Map<string, Map<string, FileContent>>();
  const texts = new Map<string, string>();
  const removeBelow = (directory: string): void => {
    for (const map of [volumes, texts])
      for (const path of map.keys())
        if (path === directory || path.startsWith(`${directory}/`)) map.delete(path);
  };
  const nothing = async (): Promise<void> => {};
  return {
    volumes,
    texts,
    start: nothing,
    async project(directory, files) {
      volumes.set(directory, new Map(files));
    },
    async emptyDirectory(directory) {
      volumes.set(directory, new Map());
    },
    hostPath: nothing,
    async subPath(volume, path) {
      return `${volume}/${path}`;
    },
    async writeFile(path, data) {
      texts.set(path, data);
    },
    async readTail(path, maxBytes) {
      const text = texts.get(path);
      return text === undefined ? undefined : new TextEncoder().encode(text).slice(-maxBytes);
    },
    makeDirectory: nothing,
    async removePod(rootDirectory, podUid) {
      removeBelow(podDirectory(rootDirectory, podUid));
      removeBelow(podMemoryDirectory(rootDirectory, podUid));
    },
    async removeDirectory(path) {
      removeBelow(path);
    },
    async removeFile(path) {
      texts.delete(path);
    },
    rotate: async () => false,
    async podUids(rootDirectory) {
      const uids = [...volumes.keys(), ...texts.keys()]
        .filter(path => path.startsWith(`${rootDirectory}/`))
        .map(path => path.slice(rootDirectory.length + 1).split('/')[1] ?? '');
      return [...new Set(uids)];
    },
  };
}
