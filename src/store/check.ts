// The consistency checker of the embedded store: every promise of its layout, row by row.
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, revisionOf, translateError } from './sqlite-schema.ts';

/** Each query gives the rows that break a promise, as `what`. */
const invariants: { says: string; query: string }[] = [
  {
    says: 'points to a version that is not there',
    query: 'SELECT c.key AS what FROM current c LEFT JOIN log l ON l.id = c.id WHERE l.id IS NULL',
  },
  {
    says: 'points to a version of another key',
    query: 'SELECT c.key AS what FROM current c JOIN log l ON l.id = c.id WHERE l.key <> c.key',
  },
  {
    says: 'points to a deletion',
    query: 'SELECT c.key AS what FROM current c JOIN log l ON l.id = c.id WHERE l.deleted = 1',
  },
  {
    says: 'does not point to its newest version',
    query: `SELECT c.key AS what FROM current c
      JOIN (SELECT key, max(id) AS id FROM log GROUP BY key) l ON l.key = c.key WHERE l.id <> c.id`,
  },
  {
    says: 'exists in the log but is not current',
    query: `SELECT l.key AS what FROM (SELECT key, max(id) AS id FROM log GROUP BY key) n
      JOIN log l ON l.id = n.id LEFT JOIN current c ON c.key = l.key WHERE l.deleted = 0 AND c.key IS NULL`,
  },
  {
    says: 'follows a version that is not older, or of another key',
    query: `SELECT l.key AS what FROM log l JOIN log p ON p.id = l.previous
      WHERE l.previous <> 0 AND (p.id >= l.id OR p.key <> l.key)`,
  },
  {
    says: 'has lost the version before a write that is not compacted',
    query: `SELECT l.key AS what FROM log l LEFT JOIN log p ON p.id = l.previous
      WHERE l.previous <> 0 AND p.id IS NULL AND l.id >= ((SELECT value FROM meta WHERE name = 'compacted') + 1) * 65536`,
  },
  {
    says: 'came to be after it was written',
    query: 'SELECT key AS what FROM log WHERE created > id / 65536 OR (deleted = 0 AND created < 1)',
  },
];

function problemsOf(database: DatabaseSync): string[] {
  const problems: string[] = [];
  for (const row of database.prepare('PRAGMA integrity_check(100)').all()) {
    const text = String(Object.values(row)[0]);
    if (text !== 'ok') problems.push(text);
  }
  if (problems.length > 0) return problems;
  for (const { says, query } of invariants) {
    for (const row of database.prepare(`${query} LIMIT 100`).all()) problems.push(`${row.what} ${says}`);
  }
  const newest = revisionOf(Number(database.prepare('SELECT max(id) AS id FROM log').get()?.id ?? 65_536));
  const compacted = Number(database.prepare("SELECT value FROM meta WHERE name = 'compacted'").get()?.value);
  if (!(compacted <= newest))
    problems.push(`compacted up to ${compacted}, but the newest revision is ${newest}`);
  return problems;
}

/**
 * What is wrong with the store in `directory`, one line each; empty: all is well. Reads all of it, so it takes a moment.
 * Throws StoreError when the store cannot be opened at all, also when a running cluster has it open (`locked`).
 */
export async function checkStore(directory: string): Promise<string[]> {
  const database = openDatabase(directory, { fsync: true, create: false });
  try {
    return problemsOf(database);
  } catch (error) {
    throw translateError(error, directory);
  } finally {
    database.close();
  }
}
