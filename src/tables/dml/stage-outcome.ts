/**
 * The files of an operation that changes rows, staged for its commit.
 *
 * Where the table has deletion vectors, rows that change are marked in the file they are in, and only their new
 * versions are written. Elsewhere, and for files of which the log doesn't know the number of rows, the rest of a
 * file is written again without them. Files that lose every row are only taken out.
 */
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  type ChangeFile,
  fileKey,
  isEnabled,
  type Metadata,
  type Protocol,
  type RowChange,
  RowSet,
  removeOf,
  type Snapshot,
} from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { fileColumn, rowColumn, rowIdColumn, rowVersionColumn } from '../read/scan-files.ts';
import type { OperationOptions } from '../transact.ts';
import { changeTypeColumn, stageChanges } from '../write/stage-changes.ts';
import { type Staged, stageTable } from '../write/stage-table.ts';
import type { TableShape } from '../write/table-shape.ts';
import type { InsertCompletion } from './complete-columns.ts';
import { clauseColumn, newColumn, oldColumn } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';
import type { TargetScan } from './target-scan.ts';

/** What became of the rows of a table, before anything is written. */
export interface Outcome {
  readonly snapshot: Snapshot;
  /** The table as it will be. */
  readonly shape: TableShape;
  readonly scan: TargetScan;
  /** A relation of the resolved rows; undefined when none was updated, and none deleted that a change file must tell of. */
  readonly resolved: string | undefined;
  /** Clauses that update, and those that delete. */
  readonly updates: readonly number[];
  readonly deletes: readonly number[];
  /** Rows updated, over all clauses. */
  readonly updatedRows: number;
  /** A query of the places of every row that is updated or deleted, each once; undefined when there are none. */
  readonly changed: string | undefined;
  /** A query of the places of every row the outcome rests on, those that change among them; undefined when there are no others. */
  readonly rested: string | undefined;
  /** Files that go without being read. */
  readonly whole: readonly AddFile[];
  /** A query of the new rows, and how many there are; undefined where none can be. */
  readonly inserted: { readonly query: string; readonly rows: number | undefined } | undefined;
  readonly insertion: InsertCompletion | undefined;
}

/** What the commit will hold. */
export interface StagedOutcome {
  readonly actions: readonly Action[];
  readonly rowChanges: readonly RowChange[];
  /** The `fileKey`s of the files whose rows the outcome rests on. */
  readonly filesRead: ReadonlySet<string>;
  readonly numbers: OutcomeNumbers;
  discard(): Promise<void>;
}

/** What was written and taken out. */
export interface OutcomeNumbers {
  readonly filesAdded: number;
  readonly bytesAdded: number;
  readonly filesRemoved: number;
  readonly bytesRemoved: number;
  readonly changeFiles: number;
  readonly rowsInserted: number;
  readonly rowsCopied: number;
  /** Rows in the files that were written. */
  readonly rowsWritten: number;
  readonly vectorsAdded: number;
  readonly vectorsUpdated: number;
  readonly vectorsRemoved: number;
}

/** Whether the table's changes are told by change files. Pure. */
export function writesChanges(shape: TableShape): boolean {
  return isEnabled(shape, 'changeDataFeed');
}

/**
 * Writes the files of `outcome`. They are removed again when it fails.
 *
 * @throws tables.missing-value, tables.constraint-violated, tables.unsupported-type, duckdb.*, storage.*
 */
export async function stageOutcome(
  tables: ScratchTables,
  storage: Storage,
  outcome: Outcome,
  options: OperationOptions,
): Promise<StagedOutcome> {
  const { shape, snapshot, scan } = outcome;
  const { session } = tables;
  const nowMs = (options.clock ?? systemClock).nowMs();
  const writeId = (options.random ?? systemRandom).uuid();
  const looked = await touchedFiles(tables, outcome, options.signal);
  const touched = looked.filter(({ rows }) => rows > 0);
  const hasVectors = isEnabled(shape, 'deletionVectors');
  const marked = touched.filter(({ live, rows }) => live !== undefined && hasVectors && rows < live);
  const rewritten = touched.filter((file) => !marked.includes(file));
  const copied = rewritten.filter(({ live, rows }) => live === undefined || rows < live);
  // The engine evaluates a query each time it is asked; new rows that are told of twice must be the same.
  const tellsChanges = writesChanges(shape) && outcome.resolved !== undefined;
  const inserted =
    outcome.inserted !== undefined && tellsChanges
      ? await keptInserts(tables, outcome.inserted.query)
      : outcome.inserted;

  const parts: string[] = [];
  if (copied.length > 0) {
    const rows = await scan.sql(copied.map(({ index }) => index));
    parts.push(copySql(rows, outcome));
  }
  if (outcome.resolved !== undefined && outcome.updatedRows > 0) parts.push(updatedSql(outcome));
  if (inserted !== undefined && inserted.rows !== 0) {
    const ids = scan.rowTracking
      ? `, CAST(NULL AS BIGINT) AS ${rowIdColumn}, CAST(NULL AS BIGINT) AS ${rowVersionColumn}`
      : '';
    // Only in a union with other rows do new ones need the columns of old ones.
    parts.push(parts.length === 0 || ids === '' ? inserted.query : `SELECT *${ids} FROM (${inserted.query})`);
  }

  let staged: Staged | undefined;
  let changeFiles: readonly ChangeFile[] = [];
  let discardChanges: (() => Promise<void>) | undefined;
  const discard = async (): Promise<void> => {
    await staged?.discard();
    await discardChanges?.();
  };
  try {
    if (parts.length > 0) {
      const query = parts.join(' UNION ALL ');
      staged = await stageTable(session, storage, { query, shape, writeId, signal: options.signal });
    }
    if (tellsChanges) {
      const query = changesSql(outcome, inserted?.query);
      const changes = await stageChanges(session, storage, { query, shape, writeId, signal: options.signal });
      changeFiles = changes.changeFiles;
      discardChanges = () => changes.discard();
    }
    const rowChanges = await rowChangesOf(tables, outcome, marked, options.signal);
    const removed = [...outcome.whole, ...rewritten.map(({ index }) => scan.files[index] as AddFile)];
    const after = staged === undefined ? undefined : outcome.insertion?.metadataAfter(staged);
    const written = staged?.rows ?? 0;
    const known = copied.every(({ live }) => live !== undefined)
      ? copied.reduce((sum, { live, rows }) => sum + (live as number) - rows, 0)
      : undefined;
    const others = written - outcome.updatedRows;
    const rowsInserted = inserted === undefined ? 0 : (inserted.rows ?? others - (known ?? 0));
    return {
      actions: [
        ...shapeActions(snapshot, shape, after),
        ...removed.map((file) => removeOf(file, nowMs)),
        ...(staged?.adds ?? []),
        ...changeFiles,
      ],
      rowChanges,
      filesRead: new Set(
        [...outcome.whole, ...looked.map(({ index }) => scan.files[index] as AddFile)].map(fileKey),
      ),
      numbers: {
        filesAdded: staged?.adds.length ?? 0,
        bytesAdded: staged?.bytes ?? 0,
        filesRemoved: removed.length,
        bytesRemoved: removed.reduce((sum, file) => sum + file.sizeBytes, 0),
        changeFiles: changeFiles.length,
        rowsInserted,
        rowsCopied: known ?? others - rowsInserted,
        rowsWritten: written,
        ...vectorNumbers(rowChanges, removed),
      },
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

interface TouchedFile {
  readonly index: number;
  /** Rows of it that change. */
  readonly rows: number;
  /** Rows of it that the outcome rests on, those that change among them. */
  readonly rested: number;
  readonly live: number | undefined;
}

async function touchedFiles(
  tables: ScratchTables,
  { changed, rested, scan }: Outcome,
  signal: AbortSignal | undefined,
): Promise<TouchedFile[]> {
  const counts = changed === undefined ? new Map() : await rowsByFile(tables, changed, signal);
  const all = rested === undefined ? counts : await rowsByFile(tables, rested, signal);
  return Array.from(all, ([index, count]) => ({
    index,
    rows: counts.get(index) ?? 0,
    rested: count,
    live: scan.liveRows(index),
  }));
}

async function rowsByFile(
  { session }: ScratchTables,
  query: string,
  signal: AbortSignal | undefined,
): Promise<Map<number, number>> {
  const counted = `SELECT ${fileColumn}, count(*) FROM (${query}) GROUP BY 1 ORDER BY 1`;
  const { rows } = await session.query(counted, undefined, { signal });
  return new Map(rows.map(([index, count]) => [Number(index), Number(count)]));
}

async function keptInserts(tables: ScratchTables, query: string): Promise<{ query: string; rows: number }> {
  const { name, rows } = await tables.keep(query);
  return { query: `SELECT * FROM ${name}`, rows };
}

/** The rows of the files that are written again, but for those that change. */
function copySql(rows: string, { shape, scan, changed }: Outcome): string {
  const columns = shape.schema.fields.map((field) => `kept.${quoteIdentifier(field.name)}`);
  if (scan.rowTracking) columns.push(`kept.${rowIdColumn}`, `kept.${rowVersionColumn}`);
  const others = `(${changed}) AS gone ON kept.${fileColumn} = gone.${fileColumn} AND kept.${rowColumn} = gone.${rowColumn}`;
  return `SELECT ${columns.join(', ')} FROM (${rows}) AS kept ANTI JOIN ${others}`;
}

/** The new versions of the rows that were updated. */
function updatedSql({ shape, scan, resolved, updates }: Outcome): string {
  const columns = shape.schema.fields.map((field, i) => `${newColumn(i)} AS ${quoteIdentifier(field.name)}`);
  // A row keeps its id for good; its version is that of the commit, which only the log knows.
  if (scan.rowTracking) columns.push(rowIdColumn, `CAST(NULL AS BIGINT) AS ${rowVersionColumn}`);
  return `SELECT ${columns.join(', ')} FROM ${resolved}${whereClause(updates)}`;
}

function changesSql({ shape, resolved, updates, deletes }: Outcome, inserted: string | undefined): string {
  const as = (name: (index: number) => string, type: string, clauses: readonly number[]): string => {
    const columns = shape.schema.fields.map((field, i) => `${name(i)} AS ${quoteIdentifier(field.name)}`);
    return `SELECT ${columns.join(', ')}, '${type}' AS ${changeTypeColumn} FROM ${resolved}${whereClause(clauses)}`;
  };
  const parts: string[] = [];
  if (updates.length > 0)
    parts.push(as(oldColumn, 'update_preimage', updates), as(newColumn, 'update_postimage', updates));
  if (deletes.length > 0) parts.push(as(oldColumn, 'delete', deletes));
  if (inserted !== undefined) parts.push(`SELECT *, 'insert' AS ${changeTypeColumn} FROM (${inserted})`);
  return parts.join(' UNION ALL ');
}

function whereClause(clauses: readonly number[]): string {
  return ` WHERE ${clauseColumn} IN (${clauses.join(', ')})`;
}

async function rowChangesOf(
  tables: ScratchTables,
  { changed, rested, scan }: Outcome,
  marked: readonly TouchedFile[],
  signal: AbortSignal | undefined,
): Promise<RowChange[]> {
  if (changed === undefined || marked.length === 0) return [];
  const deleted = await rowSets(
    tables,
    changed,
    new Map(marked.map(({ index, rows }) => [index, rows])),
    signal,
  );
  const further = marked.filter((file) => file.rested > file.rows);
  const others = `SELECT all_.* FROM (${rested}) AS all_ ANTI JOIN (${changed}) AS gone USING (${fileColumn}, ${rowColumn})`;
  const counts = new Map(further.map((file) => [file.index, file.rested - file.rows]));
  const read = further.length === 0 ? undefined : await rowSets(tables, others, counts, signal);
  return marked.map(({ index }) => {
    const rows = read?.get(index);
    return {
      file: scan.files[index] as AddFile,
      deleted: deleted.get(index) ?? RowSet.empty,
      ...(rows === undefined ? {} : { read: rows }),
    };
  });
}

/** The rows of `query` by file, in typed arrays all the way. @param counts of rows at most, for the files that are wanted. */
async function rowSets(
  { session }: ScratchTables,
  query: string,
  counts: ReadonlyMap<number, number>,
  signal: AbortSignal | undefined,
): Promise<Map<number, RowSet>> {
  const filled = new Map(
    Array.from(counts, ([index, rows]) => [index, { at: 0, rows: new Float64Array(rows) }]),
  );
  const places = `SELECT ${fileColumn}, CAST(${rowColumn} AS DOUBLE) FROM (${query})`;
  for await (const { rowCount, columns } of session.stream(places, undefined, { signal }).batches()) {
    const [files = [], positions = []] = columns;
    for (let i = 0; i < rowCount; i += 1) {
      const into = filled.get(files[i] as number);
      if (into === undefined) continue;
      into.rows[into.at] = positions[i] as number;
      into.at += 1;
    }
  }
  return new Map(Array.from(filled, ([index, { at, rows }]) => [index, RowSet.of(rows.subarray(0, at))]));
}

/** What the commit says about the table itself, where that changes. */
function shapeActions(before: Snapshot, shape: TableShape, after: Metadata | undefined): Action[] {
  const actions: (Metadata | Protocol)[] = [];
  if (shape.protocol !== before.protocol) actions.push(shape.protocol);
  const metadata = after ?? shape.metadata;
  if (metadata !== before.metadata) actions.push(metadata);
  return actions;
}

function vectorNumbers(
  changes: readonly RowChange[],
  removed: readonly AddFile[],
): Pick<OutcomeNumbers, 'vectorsAdded' | 'vectorsUpdated' | 'vectorsRemoved'> {
  const updated = changes.filter(({ file }) => file.deletionVector !== undefined).length;
  return {
    vectorsAdded: changes.length - updated,
    vectorsUpdated: updated,
    vectorsRemoved: removed.filter((file) => file.deletionVector !== undefined).length,
  };
}
