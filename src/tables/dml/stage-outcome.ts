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
  fileKey,
  isEnabled,
  type Metadata,
  type Protocol,
  type RowChange,
  removeOf,
  type Snapshot,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { OperationOptions } from '../transact.ts';
import { type StagedChanges, stageChanges } from '../write/stage-changes.ts';
import { type Staged, stageTable, targetFileSizeOf } from '../write/stage-table.ts';
import type { TableShape } from '../write/table-shape.ts';
import type { InsertCompletion } from './complete-columns.ts';
import { changesSql, copySql, insertedSql, updatedSql } from './outcome-sql.ts';
import { rewriteGroups } from './rewrite-groups.ts';
import type { ScratchTables } from './scratch-tables.ts';
import type { TargetScan } from './target-scan.ts';
import { rowChangesOf, type TouchedFile, touchedFiles } from './touched-files.ts';

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
  const isMarked = ({ live, rows }: TouchedFile): boolean => live !== undefined && hasVectors && rows < live;
  const marked = touched.filter(isMarked);
  const rewritten = touched.filter((file) => !isMarked(file));
  // The engine evaluates a query each time it is asked; new rows that are told of twice must be the same.
  const tellsChanges = writesChanges(shape) && outcome.resolved !== undefined;
  const inserted =
    outcome.inserted !== undefined && tellsChanges
      ? await keptInserts(tables, outcome.inserted.query)
      : outcome.inserted;
  const staged: Staged[] = [];
  let changes: StagedChanges | undefined;
  const discard = async (): Promise<void> => {
    for (const files of staged) await files.discard();
    await changes?.discard();
  };
  const stage = async (query: string): Promise<number> => {
    const files = await stageTable(session, storage, { query, shape, writeId, signal: options.signal });
    staged.push(files);
    return files.rows;
  };
  try {
    const size = targetFileSizeOf(shape.metadata);
    const apart = rewritten.filter(({ live }) => !hasVectors || live === undefined);
    let rowsWritten = 0;
    const rewriting = { phase: 'writing files again', total: apart.length, unit: 'files' } as const;
    let done = 0;
    if (apart.length > 0) options.onProgress?.({ ...rewriting, done });
    for (const group of rewriteGroups(apart, scan.files, size)) {
      const query = await rewriteSql(outcome, group);
      if (query !== undefined) rowsWritten += await stage(query);
      done += group.length;
      options.onProgress?.({ ...rewriting, done });
    }
    const fresh = freshSql(outcome, inserted, apart, touched);
    if (fresh !== undefined) options.onProgress?.({ phase: 'writing rows', done: rowsWritten, unit: 'rows' });
    const freshRows = fresh === undefined ? 0 : await stage(fresh);
    rowsWritten += freshRows;
    if (fresh !== undefined) options.onProgress?.({ phase: 'writing rows', done: rowsWritten, unit: 'rows' });
    if (tellsChanges) {
      const query = changesSql(outcome, inserted?.query);
      changes = await stageChanges(session, storage, { query, shape, writeId, signal: options.signal });
    }
    const rowChanges = await rowChangesOf(tables, outcome, marked, options.signal);
    const removed = [...outcome.whole, ...rewritten.map(({ index }) => scan.files[index] as AddFile)];
    const adds = staged.flatMap((files) => files.adds);
    const updatedApart = await updatedRowsIn(tables, outcome, apart, touched);
    const rowsInserted =
      inserted?.rows ?? (inserted === undefined ? 0 : freshRows - (outcome.updatedRows - updatedApart));
    const changeFiles = changes?.changeFiles ?? [];
    return {
      actions: [
        ...shapeActions(snapshot, shape, outcome.insertion?.metadataAfter(staged)),
        ...removed.map((file) => removeOf(file, nowMs)),
        ...adds,
        ...changeFiles,
      ],
      rowChanges,
      filesRead: new Set(
        [...outcome.whole, ...looked.map(({ index }) => scan.files[index] as AddFile)].map(fileKey),
      ),
      numbers: {
        filesAdded: adds.length,
        bytesAdded: adds.reduce((sum, file) => sum + file.sizeBytes, 0),
        filesRemoved: removed.length,
        bytesRemoved: removed.reduce((sum, file) => sum + file.sizeBytes, 0),
        changeFiles: changeFiles.length,
        rowsInserted,
        rowsCopied: rowsWritten - outcome.updatedRows - rowsInserted,
        rowsWritten,
        ...vectorNumbers(rowChanges, removed),
      },
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function keptInserts(tables: ScratchTables, query: string): Promise<{ query: string; rows: number }> {
  const { name, rows } = await tables.keep(query);
  return { query: `SELECT * FROM ${name}`, rows };
}

/** The rows of files that are written again: those that stay, and the new versions of those that don't. */
async function rewriteSql(outcome: Outcome, group: readonly TouchedFile[]): Promise<string | undefined> {
  const files = group.map(({ index }) => index);
  const kept = group.filter(({ live, rows }) => live === undefined || rows < live).map(({ index }) => index);
  const parts: string[] = [];
  if (kept.length > 0) parts.push(copySql(await outcome.scan.sql(kept), outcome, kept));
  if (outcome.resolved !== undefined && outcome.updatedRows > 0) parts.push(updatedSql(outcome, { files }));
  return parts.length === 0 ? undefined : parts.join(' UNION ALL ');
}

/** Rows for files of their own: new ones, and new versions of rows that stay marked where they were. */
function freshSql(
  outcome: Outcome,
  inserted: Outcome['inserted'],
  apart: readonly TouchedFile[],
  touched: readonly TouchedFile[],
): string | undefined {
  const hasUpdates =
    outcome.resolved !== undefined && outcome.updatedRows > 0 && apart.length < touched.length;
  const updated = hasUpdates
    ? updatedSql(
        outcome,
        apart.length === 0 ? undefined : { files: apart.map(({ index }) => index), not: true },
      )
    : undefined;
  if (inserted === undefined || inserted.rows === 0) return updated;
  const fresh = insertedSql(inserted.query, updated !== undefined && outcome.scan.rowTracking);
  return updated === undefined ? fresh : `${updated} UNION ALL ${fresh}`;
}

/** Updated rows whose files are written again. */
async function updatedRowsIn(
  { session }: ScratchTables,
  outcome: Outcome,
  apart: readonly TouchedFile[],
  touched: readonly TouchedFile[],
): Promise<number> {
  if (apart.length === 0 || outcome.updatedRows === 0) return 0;
  if (apart.length === touched.length) return outcome.updatedRows;
  const files = apart.map(({ index }) => index);
  return Number(await session.value(`SELECT count(*) FROM (${updatedSql(outcome, { files })})`));
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
