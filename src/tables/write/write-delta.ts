/** Rows from JavaScript into a Delta table, in the words of delta-rs' Python writer. */
import path from 'node:path';
import type * as Arrow from 'apache-arrow';
import { isBoathouseError, systemRandom } from '../../base/index.ts';
import type { Snapshot } from '../../delta/index.ts';
import { type ArrowInput, appendArrow, quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { openStorage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { assertGiven } from '../given.ts';
import { writeOptions } from '../given-options.ts';
import { deltaCalls } from '../read/delta-calls.ts';
import { openDeltaCall } from '../read/open-call.ts';
import { relationColumns } from '../read/relation.ts';
import { rewriteDeltaScans } from '../read/rewrite-scans.ts';
import { withOwnDatabase, withScratchSession, withTemporaryFolder } from '../scratch.ts';
import type { TableHandle } from '../table-handle.ts';
import { adaptInferred } from './adapt.ts';
import { beginWrite, modeOf, readIfThere } from './begin-write.ts';
import type { Row } from './infer.ts';
import { type StagedRows, stageRows } from './rows-staging.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';
import { writeQueryToDelta, writeQueryToHandle } from './write-query.ts';

/**
 * What can be written: objects, all at once or as they come; an Arrow table or the bytes of an IPC
 * stream or file; or a query, in which `delta_scan('…')` reads Delta tables.
 */
export type RowsInput =
  | readonly Row[]
  | AsyncIterable<Row>
  | Arrow.Table
  | Uint8Array
  | { readonly sql: string };

/**
 * Writes `rows` to the Delta table at `tableUri`, creating it when it isn't there.
 *
 * Objects are typed by looking at them: whole numbers become long, others double, a Date timestamp, bigint
 * long, text string, nested objects struct, arrays array, a Map map; what is missing or undefined is
 * null. Appending to a table they give way to its types. An async iterable is read as it is needed, a
 * few thousand rows at a time; memory stays bounded however many come.
 *
 * Atomic: readers see all rows or none.
 *
 * @throws tables.bad-rows, tables.bad-row, tables.bad-option, tables.already-exists, tables.schema-mismatch,
 * tables.mixed-types, tables.unsupported-type, tables.no-columns, delta.commit-conflict, delta.unsupported-feature
 */
export async function writeDelta(
  tableUri: string,
  rows: RowsInput,
  options: WriteOptions = {},
): Promise<WriteResult> {
  assertRows(rows);
  assertGiven(options, 'options', writeOptions);
  const storage = openStorage(tableUri, options.storageOptions);
  const start = await beginWrite(storage, options);
  if (start.kind === 'ignored') return start.result;
  // The query may read this very table: what was committed after it looked must not be passed over unseen.
  const mayRead = 'sql' in rows && (modeOf(options) === 'overwrite' || readsNow(rows.sql, storage.uri));
  const { readVersion = mayRead ? start.snapshot?.version : undefined } = options;
  const about = { ...options, ...(readVersion === undefined ? {} : { readVersion }) };
  const write = (session: Session, query: string): Promise<WriteResult> =>
    writeQueryToDelta(session, query, tableUri, about);
  return withRows(rows, start.snapshot, about, write, () => readIfThere(storage));
}

/**
 * Appends `rows`, as `writeDelta` takes them, to an open table. The handle ends at the version made.
 *
 * @throws as `writeDelta`; tables.pinned-table for a handle on the past.
 */
export function append(
  handle: TableHandle,
  rows: RowsInput,
  options: Omit<WriteOptions, 'mode'> = {},
): Promise<WriteResult> {
  return writeToHandle(handle, rows, { ...options, mode: 'append' });
}

/**
 * Replaces the rows of an open table by `rows`: all of them, those that `replaceWhere` is true for, or with
 * `partitionOverwrite: 'dynamic'` the partitions the rows are in. The handle ends at the version made.
 *
 * @throws as `writeDelta`; tables.pinned-table for a handle on the past.
 */
export async function overwrite(
  handle: TableHandle,
  rows: RowsInput,
  options: Omit<WriteOptions, 'mode'> = {},
): Promise<WriteResult> {
  return writeToHandle(handle, rows, { ...options, mode: 'overwrite' });
}

/**
 * `work` with `rows` as a query of a session: the source of a MERGE and the like. What is only inferred from
 * objects gives way to the types that `handle`'s columns of the same names have.
 *
 * @throws tables.bad-rows, tables.mixed-types, tables.bad-row, and whatever `work` throws.
 */
export function withRowsQuery<T>(
  handle: TableHandle,
  rows: RowsInput,
  work: (session: Session, query: string) => Promise<T>,
): Promise<T> {
  assertRows(rows);
  return withRows(rows, handle.snapshot, {}, work, async () => undefined, false);
}

async function writeToHandle(
  handle: TableHandle,
  rows: RowsInput,
  options: WriteOptions,
): Promise<WriteResult> {
  assertRows(rows);
  modeOf(options);
  const isRead = options.readVersion === undefined && 'sql' in rows && readsNow(rows.sql, handle.uri);
  const about = isRead ? { ...options, readVersion: (await handle.refresh()).version } : options;
  const write = (session: Session, query: string): Promise<WriteResult> =>
    writeQueryToHandle(session, query, handle, about);
  return withRows(rows, handle.snapshot, about, write, () => handle.refresh());
}

/** Whether `sql` reads the table `uri` as it is now. */
function readsNow(sql: string, uri: string): boolean {
  return deltaCalls(sql).some(({ call }) => {
    const isPast =
      call.kind === 'scan'
        ? call.version !== undefined || call.timestampMs !== undefined
        : call.to !== undefined;
    return !isPast && openStorage(call.uri).uri === uri;
  });
}

/** `write` with the rows as a query of a session, and again when their types were fitted to a table that changed. */
async function withRows<T>(
  rows: RowsInput,
  found: Snapshot | undefined,
  options: WriteOptions,
  write: (session: Session, query: string) => Promise<T>,
  latest: () => Promise<Snapshot | undefined>,
  fillsMissing = true,
): Promise<T> {
  const { storageOptions } = options;
  if ('sql' in rows) {
    const sql = await rewriteDeltaScans(rows.sql, (call) => openDeltaCall(call, storageOptions));
    return withScratchSession((session) => write(session, sql));
  }
  return withStaging(Array.isArray(rows), async (session, name) => {
    if (isArrow(rows)) {
      await appendArrow(session, [name], rows);
      return write(session, `SELECT * FROM ${quoteIdentifier(name)}`);
    }
    const staged = await stageRows(session, name, rows as readonly Row[] | AsyncIterable<Row>);
    for (let snapshot = found, attempt = 1; ; attempt += 1) {
      const query = fitRows(staged, snapshot, options, fillsMissing);
      try {
        return await write(session, query);
      } catch (error) {
        // The types the rows were fitted to are another writer's by now. The rows are staged: fit them again.
        const mayBeStale =
          isBoathouseError(error, 'tables.schema-mismatch') ||
          isBoathouseError(error, 'delta.commit-conflict');
        const now = mayBeStale && options.mode === 'append' ? await latest() : undefined;
        if (now === undefined || attempt >= fitsMax || now.version === snapshot?.version) throw error;
        snapshot = now;
      }
    }
  });
}

/** How often staged rows are fitted to a table that changes under them. */
const fitsMax = 3;

/** The staged rows as a query; what was only inferred gives way to the types of a table that keeps its schema. */
function fitRows(
  staged: StagedRows,
  snapshot: Snapshot | undefined,
  options: WriteOptions,
  fillsMissing: boolean,
): string {
  const { query } = staged;
  if (query === undefined) return columnlessQuery(snapshot, staged.rows);
  const isReplaced = options.mode === 'overwrite' && options.schemaMode === 'overwrite';
  if (snapshot === undefined || isReplaced) return query;
  return adaptInferred(query, staged.columns, snapshot, {
    unknown: staged.unknown,
    fillsMissing,
  });
}

/**
 * `work` with the name of a table for the rows. Rows that are in memory anyway are staged there; others in a
 * file, which may outgrow memory. Text that becomes a time must not depend on where the process runs.
 */
async function withStaging<T>(
  inMemory: boolean,
  work: (session: Session, name: string) => Promise<T>,
): Promise<T> {
  if (inMemory) {
    const name = `rows_${systemRandom.uuid().replaceAll('-', '')}`;
    return withScratchSession(async (session) => {
      await session.run("SET TimeZone = 'UTC'");
      try {
        return await work(session, name);
      } finally {
        await session.run(`DROP TABLE IF EXISTS ${quoteIdentifier(name)}`);
      }
    });
  }
  return withTemporaryFolder((folder) =>
    withOwnDatabase(
      { path: path.join(folder, 'rows.duckdb'), tempDirectory: folder, settings: { TimeZone: 'UTC' } },
      async (database) => {
        await using session = await database.session();
        return await work(session, 'rows');
      },
    ),
  );
}

/** Rows that name no column, or no rows at all: the columns are the table's, where there is one. */
function columnlessQuery(snapshot: Snapshot | undefined, rows: number): string {
  if (snapshot === undefined) {
    const what = rows === 0 ? 'an empty list of rows' : 'rows without any value';
    throw tablesErrors['no-columns']({ what });
  }
  const columns = relationColumns(snapshot).map(
    ({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`,
  );
  return `SELECT ${columns.join(', ')} FROM range(${rows})`;
}

/** JavaScript callers may give anything. @throws tables.bad-rows */
function assertRows(rows: RowsInput): void {
  const given: unknown = rows;
  if (typeof given !== 'object' || given === null) {
    throw tablesErrors['bad-rows']({ found: given === null ? 'null' : `a ${typeof given}` });
  }
  const isRows = Symbol.iterator in given || Symbol.asyncIterator in given || isArrow(given);
  if (!isRows && !('sql' in given && typeof given.sql === 'string')) {
    throw tablesErrors['bad-rows']({ found: 'an object that is none of these' });
  }
}

function isArrow(rows: object): rows is Arrow.Table | (Uint8Array & ArrowInput) {
  return rows instanceof Uint8Array || ('schema' in rows && 'batches' in rows);
}
