/** Rows from JavaScript into a Delta table, in the words of delta-rs' Python writer. */
import path from 'node:path';
import type * as Arrow from 'apache-arrow';
import { isBoathouseError } from '../../base/index.ts';
import type { Snapshot } from '../../delta/index.ts';
import { type ArrowInput, appendArrow, quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { openStorage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { relationColumns } from '../read/relation.ts';
import { openDeltaRelation, rewriteDeltaScans } from '../read/scan.ts';
import { withOwnDatabase, withScratchSession, withTemporaryFolder } from '../scratch.ts';
import { adaptInferred } from './adapt.ts';
import { beginWrite, readIfThere } from './begin-write.ts';
import type { Row } from './infer.ts';
import { type StagedRows, stageRows } from './rows-staging.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';
import { writeQueryToDelta } from './write-query.ts';

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
  const { storageOptions } = options;
  assertRows(rows);
  const storage = openStorage(tableUri, storageOptions);
  const start = await beginWrite(storage, options);
  if (start.kind === 'ignored') return start.result;
  if ('sql' in rows) {
    const sql = await rewriteDeltaScans(rows.sql, async (uri, version) => {
      const about = {
        ...(version === undefined ? {} : { version }),
        ...(storageOptions ? { storageOptions } : {}),
      };
      return (await openDeltaRelation(uri, about)).sql;
    });
    // The query may read this very table: rows committed after it looked must not be overwritten unseen.
    const { readVersion = start.snapshot?.version } = options;
    const about = { ...options, ...(readVersion === undefined ? {} : { readVersion }) };
    return withScratchSession((session) => writeQueryToDelta(session, sql, tableUri, about));
  }
  return withStaging(Array.isArray(rows), async (session) => {
    if (isArrow(rows)) {
      await appendArrow(session, ['rows'], rows);
      return writeQueryToDelta(session, 'SELECT * FROM rows', tableUri, options);
    }
    const staged = await stageRows(session, 'rows', rows as readonly Row[] | AsyncIterable<Row>);
    for (let { snapshot } = start, attempt = 1; ; attempt += 1) {
      const query = await fitRows(session, staged, snapshot, options);
      try {
        return await writeQueryToDelta(session, query, tableUri, options);
      } catch (error) {
        // The types the rows were fitted to are another writer's by now. The rows are staged: fit them again.
        const mayBeStale =
          isBoathouseError(error, 'tables.schema-mismatch') ||
          isBoathouseError(error, 'delta.commit-conflict');
        if (!mayBeStale || options.mode !== 'append' || attempt >= fitsMax) throw error;
        const now = await readIfThere(storage);
        if (now === undefined || now.version === snapshot?.version) throw error;
        snapshot = now;
      }
    }
  });
}

/** How often staged rows are fitted to a table that changes under them. */
const fitsMax = 3;

/** The staged rows as a query; what was only inferred gives way to the types of a table that keeps its schema. */
async function fitRows(
  session: Session,
  staged: StagedRows,
  snapshot: Snapshot | undefined,
  options: WriteOptions,
): Promise<string> {
  const { query } = staged;
  if (query === undefined) return columnlessQuery(snapshot, staged.rows);
  const isReplaced = options.mode === 'overwrite' && options.schemaMode === 'overwrite';
  if (snapshot === undefined || isReplaced) return query;
  return adaptInferred(query, await session.describe(query), snapshot, {
    unknown: staged.unknown,
    fillsMissing: true,
  });
}

/** Rows that are in memory anyway are staged there; others in a file, which may outgrow memory. */
function withStaging<T>(inMemory: boolean, work: (session: Session) => Promise<T>): Promise<T> {
  return withTemporaryFolder((folder) =>
    withOwnDatabase(
      {
        ...(inMemory ? {} : { path: path.join(folder, 'rows.duckdb') }),
        tempDirectory: folder,
        // Text that becomes a time must not depend on where the process runs.
        settings: { TimeZone: 'UTC' },
      },
      async (database) => {
        await using session = await database.session();
        return await work(session);
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
