// The only door to the kernel. A process for each transaction: measured at 3 to 5 ms beside 44,128 services, against 0.2 ms in
// a long-lived `nft -i`, which however never says when a command is done, keeps a cache that goes stale, and cannot be atomic.
import type { Execute } from '../../execute.ts';
import { tableName, type Words } from './words.ts';

export interface Nft {
  /** Applies all of the text or nothing; rejects with nft's own words. Empty text does nothing. */
  apply(text: string): Promise<void>;
  /** Whether the kernel would accept the text. Nothing is changed. */
  accepts(text: string): Promise<string | undefined>;
  /** Names of the chains in our table; empty when there is no table. Never reads rules or elements. */
  chains(): Promise<string[]>;
}

/** The kernel or nft refused a transaction; nothing of it was applied. */
export class NftError extends Error {
  override readonly name = 'NftError';
}

/** The line of nft's output that says what is wrong; below it nft repeats the input and underlines it. */
function refusalOf(error: unknown): string {
  const output = (error as { stderr?: string }).stderr ?? '';
  const line = output.split('\n').find(text => text.includes('Error:'));
  return line ?? (error instanceof Error ? error.message : String(error));
}

export const createNft = (execute: Execute, words: Words): Nft => ({
  async apply(text) {
    if (text === '') return;
    try {
      await execute('nft', ['-f', '-'], { input: text });
    } catch (cause) {
      throw new NftError(refusalOf(cause), { cause });
    }
  },
  async accepts(text) {
    try {
      await execute('nft', ['--check', '-f', '-'], { input: text });
      return;
    } catch (error) {
      return refusalOf(error);
    }
  },
  async chains() {
    // The only listing that nft 1.0.6 answers without loading every element (6 ms against 1 s for 50,000 of them).
    const listing = await execute('nft', ['list', 'chains', words.ip]);
    return chainsIn(listing, words);
  },
});

/** Reads the names of our table's chains from `nft list chains`. */
export function chainsIn(listing: string, words: Words): string[] {
  const names: string[] = [];
  let ours = false;
  for (const line of listing.split('\n')) {
    if (line.startsWith('table ')) ours = line.startsWith(`table ${words.ip} ${tableName} {`);
    const name = /^\s+chain (\S+) \{/.exec(line)?.[1];
    if (ours && name) names.push(name);
  }
  return names;
}
