/** The rows that are merged, evaluated once and kept. */
import type { StructType } from '../../delta/index.ts';
import type { Column } from '../../duckdb/index.ts';
import { tablesErrors } from '../errors.ts';
import { describeRows } from '../write/typed-nulls.ts';
import { sourceColumn } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';

/** A source that stays what it is. */
export interface MergeSource {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** A SELECT of the columns and of `sourceColumn`, which tells rows apart. */
  readonly sql: string;
}

/**
 * Runs `query` and keeps its rows in a temporary table, which the engine spills to disk as it has to.
 *
 * @param schema the table's: nulls without a type get that of its column.
 * @throws tables.duplicate-column, duckdb.*
 */
export async function keepSource(
  tables: ScratchTables,
  query: string,
  schema: StructType,
): Promise<MergeSource> {
  // On a line of its own, the parenthesis outlives a comment that ends the query.
  const given = `(${query.replace(/[\s;]+$/, '')}\n)`;
  const { query: typed, columns } = await describeRows(tables.session, `SELECT * FROM ${given}`, schema);
  const rows = `(${typed}\n)`;
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name.toLowerCase())) throw tablesErrors['duplicate-column']({ column: name });
    names.add(name.toLowerCase());
  }
  // The engine numbers rows itself, unless a column takes that name.
  const hasRowId = names.has('rowid');
  const kept = await tables.keep(
    hasRowId ? `SELECT *, row_number() OVER () AS ${sourceColumn} FROM ${rows}` : `SELECT * FROM ${rows}`,
  );
  const number = hasRowId ? '' : `, rowid AS ${sourceColumn}`;
  return { columns, rows: kept.rows, sql: `SELECT *${number} FROM ${kept.name}` };
}
