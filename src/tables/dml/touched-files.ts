/** Which files an outcome touches, and which of their rows. */
import { type AddFile, type RowChange, RowSet } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { fileColumn, rowColumn } from '../read/scan-files.ts';
import type { ScratchTables } from './scratch-tables.ts';
import type { Outcome } from './stage-outcome.ts';

/** A file with rows that an outcome rests on. */
export interface TouchedFile {
  /** Its place among the files of the scan. */
  readonly index: number;
  /** Rows of it that change. */
  readonly rows: number;
  /** Rows of it that the outcome rests on, those that change among them. */
  readonly rested: number;
  /** Rows of it that aren't deleted yet; undefined when the log doesn't say. */
  readonly live: number | undefined;
}

/** The files with rows that the outcome changes or rests on, in the order of the scan. */
export async function touchedFiles(
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

/** The rows that become deleted in `marked`, and those of these files that the outcome otherwise rests on. */
export async function rowChangesOf(
  tables: ScratchTables,
  { changed, rested, scan }: Outcome,
  marked: readonly TouchedFile[],
  signal: AbortSignal | undefined,
): Promise<RowChange[]> {
  if (changed === undefined || marked.length === 0) return [];
  const deleted = await rowSets(
    tables.session,
    changed,
    new Map(marked.map(({ index, rows }) => [index, rows])),
    signal,
  );
  const further = marked.filter((file) => file.rested > file.rows);
  const others = `SELECT all_.* FROM (${rested}) AS all_ ANTI JOIN (${changed}) AS gone USING (${fileColumn}, ${rowColumn})`;
  const counts = new Map(further.map((file) => [file.index, file.rested - file.rows]));
  const read = further.length === 0 ? undefined : await rowSets(tables.session, others, counts, signal);
  return marked.map(({ index }) => {
    const rows = read?.get(index);
    return {
      file: scan.files[index] as AddFile,
      deleted: deleted.get(index) ?? RowSet.empty,
      ...(rows === undefined ? {} : { read: rows }),
    };
  });
}

/** The rows of `query`, which has the two columns of places, by file; in typed arrays all the way. @param counts of rows at most, for the files that are wanted. */
export async function rowSets(
  session: Session,
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
