/** What a projected file holds. */
export interface FileContent {
  data: Uint8Array;
  /** Permission bits. */
  mode: number;
}

/** Who a volume belongs to besides root. */
export interface Ownership {
  /** Group of all files, which get its permissions. */
  fsGroup?: number | undefined;
  /** Owner of projected tokens. */
  user?: number | undefined;
}

/** A volume cannot be made; the message is the user's. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/**
 * The node's disk as volumes need it. Real: disk.ts. For simulations: memory.ts.
 * Paths are absolute. `memory` volumes never reach a disk.
 */
export interface PodFiles {
  /** Called once before all else. */
  start(rootDirectory: string): Promise<void>;
  /** Makes the directory hold exactly these files (paths relative to it), all at once for its readers. */
  project(directory: string, files: Map<string, FileContent>, ownership: Ownership): Promise<void>;
  /** A directory that all may write to; `memory` mounts a tmpfs of at most `sizeBytes`. */
  emptyDirectory(
    directory: string,
    options: { memory: boolean; sizeBytes: number | undefined; fsGroup: number | undefined },
  ): Promise<void>;
  /** Checks or makes what a hostPath volume names, by the volume's type; throws VolumeError. */
  hostPath(path: string, type: string): Promise<void>;
  /** The path of a subdirectory or file of a volume, made as a directory if it is not there; throws VolumeError if it leads outside. */
  subPath(volume: string, path: string): Promise<string>;
  writeFile(path: string, data: string, mode: number): Promise<void>;
  /** The last `maxBytes` of a file; undefined if there is none. */
  readTail(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  makeDirectory(path: string): Promise<void>;
  /** Unmounts and removes everything of a Pod. */
  removePod(rootDirectory: string, podUid: string): Promise<void>;
  removeDirectory(path: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Renames a file that is larger than `maxBytes`, and removes what was renamed before beyond `maxFiles` in all. True if it did. */
  rotate(path: string, maxBytes: number, maxFiles: number): Promise<boolean>;
  /** Uids of Pods with something on the disk. */
  podUids(rootDirectory: string): Promise<string[]>;
}

/** Where a Pod's own files lie. */
export const podDirectory = (rootDirectory: string, podUid: string): string =>
  `${rootDirectory}/pods/${podUid}`;
/** Where a Pod's files lie that must not reach a disk. */
export const podMemoryDirectory = (rootDirectory: string, podUid: string): string =>
  `${rootDirectory}/memory/${podUid}`;
