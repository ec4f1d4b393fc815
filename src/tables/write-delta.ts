/** Rows from JavaScript into a Delta table, in the words of delta-rs' Python writer. */
import path from 'node:path';
import type * as Arrow from 'apache-arrow';
import { isBoathouseError } from '../base/index.ts';
import { readSnapshot, type Snapshot } from '../delta/index.ts';
import { type ArrowInput, appendArrow, quoteIdentifier, type Session } from '../duckdb/index.ts';
import { openStorage } from '../storage/index.ts';
import { adaptInferred } from './adapt.ts';
import { tablesErrors } from './errors.ts';
import type { Row } from './infer.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import { relationColumns } from './relation.ts';
import { stageRows } from './rows-staging.ts';
import { openDeltaRelation, rewriteDeltaScans } from './scan.ts';
import { withOwnDatabase, withScratchSession, withTemporaryFolder } from './scratch.ts';
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
 * @throws tables.already-exists, tables.schema-mismatch, tables.mixed-types, tables.unsupported-type,
 * tables.no-columns, delta.commit-conflict, delta.unsupported-feature
 */
export async function writeDelta(
  tableUri: string,
  rows: RowsInput,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const { storageOptions } = options;
  const settled = await settledEarly(tableUri, options);
  if (settled.kind === 'ignored') return settled.result;
  const { snapshot } = settled;
  if ('sql' in rows) {
    const sql = await rewriteDeltaScans(rows.sql, async (uri, version) => {
      const about = {
        ...(version === undefined ? {} : { version }),
        ...(storageOptions ? { storageOptions } : {}),
      };
      return (await openDeltaRelation(uri, about)).sql;
    });
    return withScratchSession((session) => writeQueryToDelta(session, sql, tableUri, options));
  }
  return withStaging(Array.isArray(rows), async (session) => {
    if (isArrow(rows)) {
      await appendArrow(session, ['rows'], rows);
      return writeQueryToDelta(session, 'SELECT * FROM rows', tableUri, options);
    }
    const staged = await stageRows(session, 'rows', rows as readonly Row[] | AsyncIterable<Row>);
    const query = staged.query ?? emptyQuery(snapshot);
    const keepsSchema =
      snapshot !== undefined && !(options.mode === 'overwrite' && options.schemaMode === 'overwrite');
    const fitted =
      keepsSchema && staged.query !== undefined
        ? adaptInferred(query, await session.describe(query), snapshot, {
            unknown: staged.unknown,
            fillsMissing: true,
          })
        : query;
    return writeQueryToDelta(session, fitted, tableUri, options);
  });
}

type Early =
  | { readonly kind: 'go'; readonly snapshot: Snapshot | undefined }
  | { readonly kind: 'ignored'; readonly result: WriteResult };

/** What the mode decides before any row is asked for. */
async function settledEarly(tableUri: string, options: WriteOptions): Promise<Early> {
  const storage = openStorage(tableUri, options.storageOptions);
  let snapshot: Snapshot | undefined;
  try {
    snapshot = await readSnapshot(storage, { rows: duckdbParquetRows });
  } catch (error) {
    if (!isBoathouseError(error, 'delta.not-a-table')) throw error;
    return { kind: 'go', snapshot };
  }
  const { version } = snapshot;
  const mode = options.mode ?? 'error';
  if (mode === 'error') throw tablesErrors['already-exists']({ table: storage.uri, version });
  if (mode === 'ignore') {
    const nothing = { rows: 0, filesAdded: 0, filesRemoved: 0, bytesAdded: 0 };
    return { kind: 'ignored', result: { version, kind: 'ignored', ...nothing, uri: storage.uri } };
  }
  return { kind: 'go', snapshot };
}

/** Rows that are in memory anyway are staged there; others in a file, which may outgrow memory. */
function withStaging<T>(inMemory: boolean, work: (session: Session) => Promise<T>): Promise<T> {
  return withTemporaryFolder((folder) =>
    withOwnDatabase(
      inMemory
        ? { tempDirectory: folder }
        : { path: path.join(folder, 'rows.duckdb'), tempDirectory: folder },
      async (database) => {
        await using session = await database.session();
        return await work(session);
      },
    ),
  );
}

/** No rows have no columns: those of the table, where there is one. */
function emptyQuery(snapshot: Snapshot | undefined): string {
  if (snapshot === undefined) throw tablesErrors['no-columns']({ what: 'an empty list of rows' });
  const columns = relationColumns(snapshot).map(
    ({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`,
  );
  return `SELECT ${columns.join(', ')} WHERE false`;
}

function isArrow(rows: object): rows is Arrow.Table | (Uint8Array & ArrowInput) {
  return rows instanceof Uint8Array || ('schema' in rows && 'batches' in rows);
}
