// The embedded store's synchronous half: runs in its worker and owns the database.
import type { DatabaseSync } from 'node:sqlite';
import type {
  EngineKeyValue,
  EngineRange,
  EngineTxn,
  EngineTxnResult,
  EngineWrite,
} from './engine-messages.ts';
import { revisionOf, rowsPerRevision } from './sqlite-schema.ts';
import type { StoreEvent, WatchBatch } from './store.ts';
import { CompactedError } from './store.ts';

interface Row {
  id: number;
  created: number;
  value: Uint8Array;
}
interface LogRow extends Row {
  key: string;
  previous: number;
  deleted: number;
}

const nothing = new Uint8Array(0);
/** Revisions by which history may outgrow its limit before it is compacted. */
const compactionStep = 500;
/** Rows of a page of history. */
const historyPage = 500;

/** The least key above all keys that start with `prefix`, or undefined for the empty prefix. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, character => character.codePointAt(0)!);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

export interface Engine {
  readonly revision: number;
  /** Applies transactions in order and makes all of them durable at once; throws, having changed nothing, when the disk refuses. */
  batch(txns: readonly EngineTxn[]): EngineTxnResult[];
  get(key: string): EngineKeyValue | undefined;
  range(prefix: string, options: { start?: string; limit?: number; revision?: number }): EngineRange;
  /** Whole revisions from `fromRevision` on, a page at a time. */
  history(fromRevision: number): WatchBatch[];
  compact(revision: number): void;
  close(): void;
}

/** `historyLimit`: revisions that are kept for watches and reads of the past. */
export function createEngine(database: DatabaseSync, historyLimit: number): Engine {
  const sql = (text: string) => database.prepare(text);
  const selectId = sql('SELECT id FROM current WHERE key = ?');
  const selectRow = sql(
    'SELECT l.id, l.created, l.value FROM current c JOIN log l ON l.id = c.id WHERE c.key = ?',
  );
  const selectLog = sql('SELECT id, key, created, previous, deleted, value FROM log WHERE id = ?');
  const insertLog = sql(
    'INSERT INTO log (id, key, created, previous, deleted, value) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const upsertCurrent = sql(
    'INSERT INTO current (key, id) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET id = excluded.id',
  );
  const deleteCurrent = sql('DELETE FROM current WHERE key = ?');
  const setCompacted = sql("UPDATE meta SET value = ? WHERE name = 'compacted'");
  const selectNth = sql('SELECT id FROM log WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?');
  const selectSpan = sql(
    'SELECT id, key, created, previous, deleted, value FROM log WHERE id >= ? AND id < ? ORDER BY id',
  );
  const selectChanges = sql(
    'SELECT key, previous FROM log WHERE id >= ? AND key >= ? AND key < ? ORDER BY id',
  );
  const selectObsolete = sql('SELECT id, previous, deleted FROM log WHERE id >= ? AND id < ?');
  const deleteLog = sql('DELETE FROM log WHERE id = ?');
  const begin = sql('BEGIN IMMEDIATE');
  const commit = sql('COMMIT');
  const rollback = sql('ROLLBACK');

  let revision = Math.max(1, revisionOf(Number(sql('SELECT max(id) AS id FROM log').get()?.id ?? 0)));
  let compacted = Number(sql("SELECT value FROM meta WHERE name = 'compacted'").get()?.value ?? 1);

  const rowOf = (key: string) => selectRow.get(key) as unknown as Row | undefined;
  const keyValue = (key: string, row: Row): EngineKeyValue => ({
    key,
    value: row.value,
    createRevision: row.created,
    modRevision: revisionOf(row.id),
  });
  const current = (key: string): EngineKeyValue | undefined => {
    const row = rowOf(key);
    return row && keyValue(key, row);
  };

  const write = (op: EngineWrite, index: number, at: number, sequence: number) => {
    const before = rowOf(op.key);
    if (op.type === 'delete' && !before) return undefined;
    const id = at * rowsPerRevision + sequence;
    const created = op.type === 'delete' ? 0 : (before?.created ?? at);
    const value = op.type === 'delete' ? nothing : op.value;
    insertLog.run(id, op.key, created, before?.id ?? 0, op.type === 'delete' ? 1 : 0, value);
    if (op.type === 'delete') deleteCurrent.run(op.key);
    else upsertCurrent.run(op.key, id);
    return { index, createRevision: created, previous: before && keyValue(op.key, before) };
  };

  const apply = (txn: EngineTxn): EngineTxnResult => {
    for (const { key, modRevision } of txn.compare) {
      const id = Number(selectId.get(key)?.id ?? 0);
      if (revisionOf(id) === modRevision) continue;
      return { succeeded: false, revision, current: txn.compare.map(each => current(each.key)), events: [] };
    }
    const events = [];
    for (const [index, op] of txn.writes.entries()) {
      const event = write(op, index, revision + 1, events.length);
      if (event) events.push(event);
    }
    if (events.length > 0) revision++;
    return { succeeded: true, revision, current: [], events };
  };

  /** Deletes what versions up to `upTo` replaced. The newest row stays whatever it is: the revision is read from it. */
  const removeObsolete = (upTo: number): void => {
    const from = (compacted + 1) * rowsPerRevision;
    const to = (Math.min(upTo, revision - 1) + 1) * rowsPerRevision;
    for (const row of selectObsolete.all(from, to)) {
      if (row.previous !== 0) deleteLog.run(row.previous!);
      if (row.deleted) deleteLog.run(row.id!);
    }
    compacted = Math.max(compacted, Math.min(upTo, revision - 1));
    setCompacted.run(compacted);
  };

  const transaction = <T>(work: () => T): T => {
    const before = { revision, compacted };
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      ({ revision, compacted } = before);
      if (database.isTransaction) rollback.run();
      throw error;
    }
  };

  const pack = (rows: readonly (Row & { key: string })[], count: number, at: number): EngineRange => {
    let bytes = 0;
    for (const row of rows) bytes += row.value.byteLength;
    const values = new Uint8Array(bytes);
    const lengths: number[] = [];
    let offset = 0;
    for (const row of rows) {
      values.set(row.value, offset);
      offset += row.value.byteLength;
      lengths.push(row.value.byteLength);
    }
    return {
      keys: rows.map(row => row.key),
      created: rows.map(row => row.created),
      modified: rows.map(row => revisionOf(row.id)),
      lengths,
      values,
      count,
      revision: at,
    };
  };

  const selectRange = sql(
    `SELECT c.key, l.id, l.created, l.value FROM current c JOIN log l ON l.id = c.id
     WHERE c.key >= ? AND c.key < ? ORDER BY c.key LIMIT ?`,
  );
  const countRange = sql('SELECT count(*) AS count FROM current WHERE key >= ? AND key < ?');
  const selectPointers = sql('SELECT key, id FROM current WHERE key >= ? AND key < ? ORDER BY key');

  const rangeOfPast = (first: string, end: string, limit: number, at: number): EngineRange => {
    // What later writes replaced takes the place of what is there now.
    const replaced = new Map<string, number>();
    for (const row of selectChanges.iterate((at + 1) * rowsPerRevision, first, end)) {
      if (!replaced.has(String(row.key))) replaced.set(String(row.key), Number(row.previous));
    }
    const ids: number[] = [];
    for (const row of selectPointers.iterate(first, end)) {
      if (!replaced.has(String(row.key))) ids.push(Number(row.id));
    }
    for (const id of replaced.values()) if (id !== 0) ids.push(id);
    const order = sql('SELECT id FROM log WHERE id IN (SELECT value FROM json_each(?)) ORDER BY key');
    const sorted = order.all(JSON.stringify(ids)).map(row => Number(row.id));
    const chosen = limit > 0 ? sorted.slice(0, limit) : sorted;
    return pack(
      chosen.map(id => selectLog.get(id) as unknown as LogRow),
      ids.length,
      at,
    );
  };

  return {
    get revision() {
      return revision;
    },
    batch: txns =>
      transaction(() => {
        const results = txns.map(apply);
        if (revision - compacted > historyLimit + compactionStep) removeObsolete(revision - historyLimit);
        return results;
      }),
    get: current,
    range(prefix, { start, limit = 0, revision: at = 0 }) {
      if (at > revision || (at > 0 && at < compacted)) throw new CompactedError(compacted);
      // A code point above all others stands for no bound: keys are text.
      const end = prefixEnd(prefix) ?? '\u{10ffff}';
      const first =
        start !== undefined && Buffer.compare(Buffer.from(start), Buffer.from(prefix)) > 0 ? start : prefix;
      if (at > 0 && at < revision) return rangeOfPast(first, end, limit, at);
      const rows = selectRange.all(first, end, limit > 0 ? limit : -1) as unknown as (Row & {
        key: string;
      })[];
      const cut = limit > 0 && rows.length === limit;
      return pack(rows, cut ? Number(countRange.get(first, end)?.count) : rows.length, revision);
    },
    history(fromRevision) {
      if (fromRevision <= compacted) throw new CompactedError(compacted);
      const from = fromRevision * rowsPerRevision;
      const beyond = selectNth.get(from, historyPage);
      const last = Math.max(fromRevision + 1, beyond ? revisionOf(Number(beyond.id)) : revision + 1);
      const batches: { revision: number; events: StoreEvent[] }[] = [];
      for (const row of selectSpan.all(from, last * rowsPerRevision) as unknown as LogRow[]) {
        const before = row.previous
          ? (selectLog.get(row.previous) as unknown as LogRow | undefined)
          : undefined;
        const kv = keyValue(row.key, row);
        const previous = before && keyValue(row.key, before);
        const event: StoreEvent = { type: row.deleted ? 'delete' : 'put', kv, previous };
        const open = batches.at(-1);
        if (open?.revision === kv.modRevision) open.events.push(event);
        else batches.push({ revision: kv.modRevision, events: [event] });
      }
      return batches;
    },
    compact(upTo) {
      if (upTo > compacted) transaction(() => removeObsolete(upTo));
    },
    close() {
      database.close();
    },
  };
}
