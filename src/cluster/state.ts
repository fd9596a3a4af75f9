// What a cluster remembers about itself between commands: cluster.json in its state folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './errors.ts';
import { maximumNodes } from './network.ts';
import { type ClusterPaths, clusterPaths, stateRoot } from './paths.ts';

/** Grows with every change of the state folder's layout that an older version cannot read. */
export const stateFormat = 1;

export interface Published {
  hostPort: number;
  nodePort: number;
}

export interface ClusterDescription {
  format: number;
  name: string;
  nodes: string[];
  proxyMode: string;
  apiPort: number;
  publish: Published[];
  /** Nodes that the user stopped: `up` leaves them so until `node start`. */
  stopped: string[];
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Refuses what cannot be part of host names, folder names and addresses of the cluster. */
export function checkClusterName(name: string): string {
  if (name.length > 40 || !label.test(name)) {
    throw new UserError(
      `"${name}" is no cluster name: it must be a DNS label of at most 40 characters (a-z, 0-9 and "-", starting and ending with a letter or digit)`,
    );
  }
  return name;
}

export function checkNodeCount(count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > maximumNodes) {
    throw new UserError(`--nodes takes a whole number from 1 to ${maximumNodes}`);
  }
  return count;
}

export const nodeNames = (cluster: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${cluster}-${index + 1}`);

/** The description of a cluster, undefined where it does not exist; a UserError for a folder that is damaged or newer. */
export function readDescription(paths: ClusterPaths): ClusterDescription | undefined {
  let text: string;
  try {
    text = readFileSync(paths.description, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`cannot read ${paths.description}: ${(error as Error).message}`);
  }
  let description: ClusterDescription;
  try {
    description = JSON.parse(text);
    if (typeof description.format !== 'number' || !Array.isArray(description.nodes))
      throw new Error('fields are missing');
  } catch (error) {
    throw new UserError(
      `${paths.description} is damaged (${(error as Error).message}): restore it, or remove the cluster with: tsukube down --name ${paths.root.split('/').at(-1)}`,
    );
  }
  if (description.format > stateFormat) {
    throw new UserError(
      `the state in ${paths.root} was written by a newer tsukube (format ${description.format}, this one reads up to ${stateFormat}): use that version, or remove the cluster with: tsukube down --name ${description.name}`,
    );
  }
  return description;
}

export function writeDescription(paths: ClusterPaths, description: ClusterDescription): void {
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  const partial = `${paths.description}.tmp`;
  writeFileSync(partial, `${JSON.stringify(description, undefined, 2)}\n`);
  renameSync(partial, paths.description);
}

/** Names of all clusters that have a state folder. */
export function clusterNames(env?: NodeJS.ProcessEnv): string[] {
  const root = stateRoot(env);
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && existsSync(join(root, entry.name, 'cluster.json')))
    .map(entry => entry.name)
    .sort();
}

/** The paths of an existing cluster, or a UserError that says how to make it. */
export function existingCluster(name: string): { paths: ClusterPaths; description: ClusterDescription } {
  const paths = clusterPaths(checkClusterName(name));
  const description = readDescription(paths);
  if (!description) {
    const others = clusterNames();
    const hint = others.length > 0 ? `there are: ${others.join(', ')}` : 'make it with: tsukube up';
    throw new UserError(`there is no cluster "${name}" (${hint})`);
  }
  return { paths, description };
}
