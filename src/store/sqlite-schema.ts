// How the embedded store lies on disk: one SQLite file in WAL mode. Used by its worker and by the checker.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from './errors.ts';

/** "tsuk": SQLite's application_id of our files. */
const applicationId = 0x7473756b;
/** SQLite's user_version; a higher one is of a newer release. */
export const formatVersion = 1;

/** A row's id is its revision times this, plus its place in the transaction. */
export const rowsPerRevision = 65_536;
export const revisionOf = (id: number): number => Math.floor(id / rowsPerRevision);

/**
 * `log` has every version of every key that is still needed, in order of writing; `previous` is the id of the key's former version.
 * `current` points to the newest version of each key that exists. Compaction deletes from `log` what a later version or a deletion replaced.
 */
const schema = `
CREATE TABLE log (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, previous INTEGER NOT NULL,
  deleted INTEGER NOT NULL, value BLOB NOT NULL
) STRICT;
CREATE TABLE current (key TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('compacted', 1);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${formatVersion};
`;

export const databaseFile = (directory: string): string => join(directory, 'store.db');

/** SQLite's result code of an error it threw, or 0. */
export const sqliteCode = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0;

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, '; ');

/** SQLite's errors as ours: what the user can do about them, in one line. */
export function translateError(error: unknown, directory: string): Error {
  if (error instanceof StoreError) return error;
  const fsCode = error instanceof Error && 'code' in error ? error.code : undefined;
  const options = { cause: error };
  const detail = oneLine(error instanceof Error ? error.message : String(error));
  switch (sqliteCode(error)) {
    case 5:
    case 6:
      return new StoreError('locked', `another process has the store in ${directory} open`, options);
    case 11:
    case 26:
      return new StoreError('corrupt', `the store in ${directory} is corrupt (${detail})`, options);
    case 13:
      return new StoreError('full', `no space left on the disk of the store in ${directory}`, options);
    case 0:
      if (fsCode === 'ENOSPC') {
        return new StoreError('full', `no space left on the disk of the store in ${directory}`, options);
      }
  }
  return new StoreError('failed', `the store in ${directory} cannot be used: ${detail}`, options);
}

const pragma = (database: DatabaseSync, name: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

function create(database: DatabaseSync, directory: string): void {
  database.exec('PRAGMA page_size = 4096');
  database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
  // The file's name must survive a power loss as its contents do.
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Files above this are not read in full at each start; `checkStore` reads all of any. */
const quickCheckLimit = 16 * 1024 * 1024;

/**
 * Opens, and makes if need be, the store's file for this process alone.
 * Throws StoreError `locked`, `newer`, `corrupt`, `full` or `failed`.
 */
export function openDatabase(directory: string, options: { fsync: boolean; create: boolean }): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (options.create) mkdirSync(directory, { recursive: true, mode: 0o700 });
    else if (!existsSync(databaseFile(directory))) {
      throw new StoreError('failed', `there is no store in ${directory}`);
    }
    database = new DatabaseSync(databaseFile(directory));
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const fresh = pragma(database, 'application_id') === 0 && pragma(database, 'schema_version') === 0;
    if (!fresh && pragma(database, 'application_id') !== applicationId) {
      throw new StoreError('corrupt', `${databaseFile(directory)} is not a store of tsukube`);
    }
    const version = pragma(database, 'user_version');
    if (version > formatVersion) {
      throw new StoreError(
        'newer',
        `the store in ${directory} was written by a newer release (format ${version}, this one knows ${formatVersion})`,
      );
    }
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${options.fsync ? 'FULL' : 'OFF'}`);
    database.exec('PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 8388608');
    // Takes the lock, which holds until the file is closed or the process ends in whatever way.
    database.exec('BEGIN IMMEDIATE; COMMIT');
    if (fresh) create(database, directory);
    else if (pragma(database, 'page_count') * pragma(database, 'page_size') <= quickCheckLimit) {
      const found = oneLine(String(Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]));
      if (found !== 'ok') throw new StoreError('corrupt', `the store in ${directory} is corrupt (${found})`);
    }
    return database;
  } catch (error) {
    try {
      database?.close();
    } catch {
      // The first error says what is wrong.
    }
    throw translateError(error, directory);
  }
}
