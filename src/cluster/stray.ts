import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Holder, readProcess } from './holder.ts';

/** Holders that a run folder remembers, found without a cluster's description: nodes first. */
export function strayHolders(run: string): Holder[] {
  if (!existsSync(run)) return [];
  return readdirSync(run, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('holder.json'))
    .sort((a, b) => b.length - a.length)
    .map(name => readProcess(join(run, name)))
    .filter(holder => holder !== undefined);
}
