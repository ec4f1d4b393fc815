/** The rows that go into the files of an outcome. Pure. */
import { quoteIdentifier } from '../../duckdb/index.ts';
import { fileColumn, rowColumn, rowIdColumn, rowVersionColumn } from '../read/scan-files.ts';
import { changeTypeColumn } from '../write/stage-changes.ts';
import { clauseColumn, newColumn, oldColumn } from './resolve-rows.ts';
import type { Outcome } from './stage-outcome.ts';

/** The rows of the files that are written again, but for those that change. */
export function copySql(rows: string, { shape, scan, changed }: Outcome, files: readonly number[]): string {
  const columns = shape.schema.fields.map((field) => `kept.${quoteIdentifier(field.name)}`);
  if (scan.rowTracking) columns.push(`kept.${rowIdColumn}`, `kept.${rowVersionColumn}`);
  const others = `(SELECT * FROM (${changed}) WHERE ${fileColumn} IN (${files.join(', ')})) AS gone ON kept.${fileColumn} = gone.${fileColumn} AND kept.${rowColumn} = gone.${rowColumn}`;
  return `SELECT ${columns.join(', ')} FROM (${rows}) AS kept ANTI JOIN ${others}`;
}

/** The new versions of the rows that were updated; only those from, or not from, some files where that is asked for. */
export function updatedSql(
  { shape, scan, resolved, updates }: Outcome,
  from?: { readonly files: readonly number[]; readonly not?: boolean },
): string {
  const columns = shape.schema.fields.map((field, i) => `${newColumn(i)} AS ${quoteIdentifier(field.name)}`);
  // A row keeps its id for good; its version is that of the commit, which only the log knows.
  if (scan.rowTracking) columns.push(rowIdColumn, `CAST(NULL AS BIGINT) AS ${rowVersionColumn}`);
  const places =
    from === undefined
      ? ''
      : ` AND ${fileColumn} ${from.not === true ? 'NOT ' : ''}IN (${from.files.join(', ')})`;
  return `SELECT ${columns.join(', ')} FROM ${resolved}${whereClause(updates)}${places}`;
}

/** The new rows, with the columns of row tracking when they stand beside rows that have some. */
export function insertedSql(query: string, besideTracked: boolean): string {
  if (!besideTracked) return query;
  return `SELECT *, CAST(NULL AS BIGINT) AS ${rowIdColumn}, CAST(NULL AS BIGINT) AS ${rowVersionColumn} FROM (${query})`;
}

/** What change files tell: rows before and after, and the new ones. */
export function changesSql(
  { shape, resolved, updates, deletes }: Outcome,
  inserted: string | undefined,
): string {
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
