/** `table show` and `table changes`: rows of a Delta table, now or at a version of the past, and what became of them. */
import { quoteLiteral } from '../duckdb/index.ts';
import { placedInStatement, type TimeTravel } from '../tables/index.ts';
import { CatalogTables } from './catalog-tables.ts';
import type { Grid } from './grid.ts';
import { query } from './query.ts';
import { openReader } from './reader.ts';
import type { TableOptions } from './table-statement.ts';

/** Which rows. */
export interface ShowTableOptions extends TableOptions {
  /** The newest version unless given. */
  readonly at?: TimeTravel | undefined;
  /** SQL over the columns. */
  readonly where?: string | undefined;
  /** Rows at most; 10 unless given. */
  readonly limit?: number | undefined;
}

/** The first rows, in the order of the files. @throws delta.not-a-table, delta.no-such-version, tables.unknown-table */
export async function showTable(options: ShowTableOptions): Promise<Grid> {
  const { version, timestamp } = options.at ?? {};
  const moment =
    version !== undefined
      ? `, version => ${version}`
      : timestamp !== undefined
        ? `, timestamp => ${quoteLiteral(timestamp)}`
        : '';
  const where = options.where === undefined ? '' : ` WHERE (${options.where}\n)`;
  const sql = `SELECT * FROM delta_scan(${quoteLiteral(await placeOf(options))}${moment})${where}`;
  return asked(options, sql, 10);
}

/** Which changes. An end is a version, or a time; both count. */
export interface TableChangesOptions extends TableOptions {
  readonly from: string;
  /** The newest version unless given. */
  readonly to?: string | undefined;
  readonly where?: string | undefined;
  /** Rows at most; 100 unless given. */
  readonly limit?: number | undefined;
}

/** The rows that came and went, oldest version first. @throws tables.no-change-feed, tables.bad-table-changes */
export async function tableChanges(options: TableChangesOptions): Promise<Grid> {
  const ends = [options.from, options.to].filter((end) => end !== undefined).map(endSql);
  const where = options.where === undefined ? '' : ` WHERE (${options.where}\n)`;
  const place = quoteLiteral(await placeOf(options));
  const sql = `SELECT * FROM table_changes(${[place, ...ends].join(', ')})${where} ORDER BY _commit_version`;
  return asked(options, sql, 100);
}

/** The condition is all that the user wrote of the query. */
async function asked(
  options: ShowTableOptions | TableChangesOptions,
  sql: string,
  limit: number,
): Promise<Grid> {
  try {
    return await query({ ...options, needsCatalog: false, sql, limit: options.limit ?? limit });
  } catch (error) {
    throw placedInStatement(error, options.where === undefined ? [] : [options.where]);
  }
}

function endSql(end: string): string {
  return /^\d+$/.test(end.trim()) ? end.trim() : quoteLiteral(end);
}

async function placeOf(options: TableOptions): Promise<string> {
  const ref = CatalogTables.refOf(options.table);
  if (ref.kind === 'path') return new CatalogTables(undefined).locate(ref, 'show');
  const reader = await openReader({ ...options, needsCatalog: false });
  try {
    return await reader.tables.locate(ref, 'show');
  } finally {
    await reader.close();
  }
}
