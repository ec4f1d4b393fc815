/**
 * What an overwrite takes out of a table: everything, the partitions that come anew, or the rows of a condition.
 *
 * Files whose every row goes are removed; of others only the rows that match, by deletion vectors where the
 * table has them, else by writing the rows that stay anew.
 */
import {
  type Action,
  type AddFile,
  type ChangeFile,
  fileKey,
  isEnabled,
  matchesWholly,
  mayMatch,
  type ReadSet,
  type RowChange,
  removeOf,
  type Snapshot,
} from '../../delta/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { rowSets } from '../dml/touched-files.ts';
import { tablesErrors } from '../errors.ts';
import { partitionKeys } from '../partition-values.ts';
import { parsePredicate } from '../read/predicate.ts';
import { fileColumn, scanFiles } from '../read/scan-files.ts';
import { stageChanges } from './stage-changes.ts';
import { type Staged, stageTable } from './stage-table.ts';
import type { TableShape } from './table-shape.ts';

/** What goes, and what is written for it. */
export interface Replacement {
  readonly actions: readonly Action[];
  readonly rowChanges: readonly RowChange[];
  readonly read: ReadSet;
  readonly filesRemoved: number;
  /** Rows that stay, written anew. */
  readonly rowsCopied: number;
  discard(): Promise<void>;
}

/** Whole files, nothing else. */
function whole(files: readonly AddFile[], read: ReadSet, nowMs: number): Replacement {
  return {
    actions: files.map((file) => removeOf(file, nowMs)),
    rowChanges: [],
    read,
    filesRemoved: files.length,
    rowsCopied: 0,
    discard: async () => undefined,
  };
}

/** Every file of the table goes. Pure. */
export function replaceAll(snapshot: Snapshot, nowMs: number): Replacement {
  return whole([...snapshot.files.values()], 'whole-table', nowMs);
}

/** The partitions go that the staged files are in. Pure. @throws tables.bad-option for a table without partitions; delta.bad-partition-value */
export function replacePartitions(snapshot: Snapshot, staged: Staged, nowMs: number): Replacement {
  if (snapshot.metadata.partitionColumns.length === 0) {
    throw tablesErrors['bad-option']({
      option: 'partitionOverwrite',
      value: 'dynamic',
      expected: `static: ${snapshot.table} has no partitions`,
    });
  }
  const key = partitionKeys(snapshot);
  const coming = new Set(staged.adds.map(key));
  const mayHold = (file: AddFile): boolean => coming.has(key(file));
  const files: AddFile[] = [];
  for (const file of snapshot.files.values()) if (mayHold(file)) files.push(file);
  return whole(files, { mayHold, files: new Set(files.map(fileKey)), seesAppends: true }, nowMs);
}

/**
 * The rows go for which `condition` is true.
 *
 * @param staged the rows that come: where a change feed is kept, it tells of them too.
 * @throws duckdb.*, delta.bad-deletion-vector
 */
export async function replaceMatching(
  session: Session,
  storage: Storage,
  snapshot: Snapshot,
  shape: TableShape,
  staged: Staged,
  about: { readonly condition: string; readonly nowMs: number; readonly signal: AbortSignal | undefined },
): Promise<Replacement> {
  const { condition, nowMs, signal } = about;
  const predicate = await parsePredicate(session, condition, snapshot.schema);
  const gone: AddFile[] = [];
  const mixed: AddFile[] = [];
  for (const file of snapshot.files.values()) {
    if (!mayMatch(predicate, file, snapshot)) continue;
    (matchesWholly(predicate, file, snapshot) ? gone : mixed).push(file);
  }
  const touched = await matchesOf(session, storage, snapshot, mixed, condition, signal);
  for (const { file, matching, rows } of touched) if (matching === rows) gone.push(file);
  const partial = touched.filter(({ matching, rows }) => matching > 0 && matching < rows);
  const read: ReadSet = {
    mayHold: (file) => mayMatch(predicate, file, snapshot),
    files: new Set([...gone, ...partial.map(({ file }) => file)].map(fileKey)),
    seesAppends: true,
  };
  const plain = whole(gone, read, nowMs);
  if (partial.length === 0) return plain;
  const discards: (() => Promise<void>)[] = [];
  const discard = async (): Promise<void> => {
    for (const undo of discards) await undo();
  };
  try {
    const changes = isEnabled(snapshot, 'changeDataFeed')
      ? await feedOf(
          session,
          storage,
          snapshot,
          shape,
          staged,
          [...gone, ...partial.map((p) => p.file)],
          about,
        )
      : undefined;
    if (changes !== undefined) discards.push(changes.discard);
    const actions: Action[] = [...plain.actions, ...(changes?.changeFiles ?? [])];
    if (isEnabled(snapshot, 'deletionVectors')) {
      const rowChanges = await positionsOf(session, storage, snapshot, partial, condition, signal);
      return { ...plain, actions, rowChanges, discard };
    }
    const survivors = await copySurvivors(session, storage, snapshot, shape, partial, condition, signal);
    discards.push(survivors.discard);
    for (const { file } of partial) actions.push(removeOf(file, nowMs));
    for (const file of survivors.adds) actions.push(file);
    return {
      ...plain,
      actions,
      filesRemoved: gone.length + partial.length,
      rowsCopied: survivors.rows,
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

interface Touched {
  readonly file: AddFile;
  readonly matching: number;
  readonly rows: number;
}

/** How many rows of each file match. */
async function matchesOf(
  session: Session,
  storage: Storage,
  snapshot: Snapshot,
  files: readonly AddFile[],
  condition: string,
  signal: AbortSignal | undefined,
): Promise<Touched[]> {
  if (files.length === 0) return [];
  const scan = await scanFiles(snapshot, storage, { files, identity: true });
  const file = quoteIdentifier(fileColumn);
  const sql = `SELECT ${file}, count(*) FILTER (WHERE (${condition}\n)), count(*) FROM (${scan.sql}) GROUP BY ALL`;
  const { rows } = await session.query(sql, undefined, { signal });
  return rows.map(([index, matching, all]) => ({
    file: scan.files[Number(index)] as AddFile,
    matching: Number(matching),
    rows: Number(all),
  }));
}

/** Where the matching rows stand. */
async function positionsOf(
  session: Session,
  storage: Storage,
  snapshot: Snapshot,
  partial: readonly Touched[],
  condition: string,
  signal: AbortSignal | undefined,
): Promise<RowChange[]> {
  const scan = await scanFiles(snapshot, storage, {
    files: partial.map(({ file }) => file),
    identity: true,
  });
  const matching = new Map(partial.map((touched) => [touched.file, touched.matching]));
  const counts = new Map(scan.files.map((file, index) => [index, matching.get(file) ?? 0]));
  const places = await rowSets(session, `SELECT * FROM (${scan.sql}) WHERE (${condition}\n)`, counts, signal);
  return Array.from(places, ([index, deleted]) => ({ file: scan.files[index] as AddFile, deleted }));
}

/** The rows that stay, in files of their own; they keep their ids. */
async function copySurvivors(
  session: Session,
  storage: Storage,
  snapshot: Snapshot,
  shape: TableShape,
  partial: readonly Touched[],
  condition: string,
  signal: AbortSignal | undefined,
): Promise<Staged> {
  const scan = await scanFiles(snapshot, storage, {
    files: partial.map(({ file }) => file),
    ...(isEnabled(snapshot, 'rowTracking') ? { rowTracking: true } : {}),
  });
  return stageTable(session, storage, {
    query: `SELECT * FROM (${scan.sql}) WHERE (${condition}\n) IS NOT TRUE`,
    shape,
    checks: 'skip',
    signal,
  });
}

/** Where some files are written anew, the feed can't be read off them: it is told. */
async function feedOf(
  session: Session,
  storage: Storage,
  snapshot: Snapshot,
  shape: TableShape,
  staged: Staged,
  files: readonly AddFile[],
  { condition, signal }: { readonly condition: string; readonly signal: AbortSignal | undefined },
): Promise<{ readonly changeFiles: readonly ChangeFile[]; discard(): Promise<void> }> {
  const before = await scanFiles(snapshot, storage, { files });
  const deleted = `SELECT *, 'delete' AS _change_type FROM (${before.sql}) WHERE (${condition}\n)`;
  const queries = [deleted];
  if (staged.adds.length > 0) {
    const after = await scanFiles({ ...snapshot, ...shape }, storage, { files: staged.adds });
    queries.push(`SELECT *, 'insert' AS _change_type FROM (${after.sql})`);
  }
  return stageChanges(session, storage, {
    query: queries.map((query) => `(${query})`).join(' UNION ALL BY NAME '),
    shape,
    signal,
  });
}
