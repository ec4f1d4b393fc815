/** The rows of a relation, out of the library's own DuckDB. */
import type * as Arrow from 'apache-arrow';
import { queryToArrow, type SqlValue } from '../duckdb/index.ts';
import { assertGiven } from './given.ts';
import { rowLimit } from './given-options.ts';
import type { DeltaRelation } from './read/scan.ts';
import { scratchDatabase, withScratchSession } from './scratch.ts';

/** Rows that can be read in more than one way: those of a change feed. */
export class RelationRows implements DeltaRelation {
  readonly sql: DeltaRelation['sql'];
  readonly version: DeltaRelation['version'];
  readonly uri: DeltaRelation['uri'];
  readonly columns: DeltaRelation['columns'];

  readonly #explain: (error: unknown) => Promise<unknown>;

  /** @param explain turns an error of the engine into one that says more. */
  constructor(
    { sql, version, uri, columns }: DeltaRelation,
    explain: (error: unknown) => Promise<unknown> = async (error) => error,
  ) {
    this.#explain = explain;
    this.sql = sql;
    this.version = version;
    this.uri = uri;
    this.columns = columns;
  }

  /** The rows as objects, one at a time, with bounded memory. @param options `limit` stops after so many rows. */
  rows(options: { readonly limit?: number } = {}): AsyncGenerator<Record<string, SqlValue>, void, undefined> {
    assertGiven(options, 'rows', rowLimit);
    return relationRows(this, options, this.#explain);
  }

  /** The rows as objects, all of them in memory. */
  async toRows(options: { readonly limit?: number } = {}): Promise<Record<string, SqlValue>[]> {
    const rows: Record<string, SqlValue>[] = [];
    for await (const row of this.rows(options)) rows.push(row);
    return rows;
  }

  /** The rows as an Arrow table, in memory. */
  toArrow(): Promise<Arrow.Table> {
    return relationToArrow(this, {}, this.#explain);
  }
}

/** The rows as objects, one at a time, with bounded memory. @param explain turns an error of the engine into one that says more. */
export async function* relationRows(
  { sql, columns }: Pick<DeltaRelation, 'sql' | 'columns'>,
  options: { readonly limit?: number } = {},
  explain: (error: unknown) => Promise<unknown> = async (error) => error,
): AsyncGenerator<Record<string, SqlValue>, void, undefined> {
  await using session = await (await scratchDatabase()).session();
  const rows = session.stream(limited(sql, options.limit))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await explained(explain, () => rows.next());
      if (done === true) return;
      yield Object.fromEntries(columns.map(({ name }, i) => [name, value[i] as SqlValue]));
    }
  } finally {
    await rows.return?.();
  }
}

/** The rows as an Arrow table, in memory. @param explain as for `relationRows`. */
export function relationToArrow(
  { sql }: Pick<DeltaRelation, 'sql'>,
  options: { readonly limit?: number } = {},
  explain: (error: unknown) => Promise<unknown> = async (error) => error,
): Promise<Arrow.Table> {
  return explained(explain, () =>
    withScratchSession((session) => queryToArrow(session, limited(sql, options.limit))),
  );
}

function limited(sql: string, limit: number | undefined): string {
  return limit === undefined ? sql : `SELECT * FROM (${sql}) LIMIT ${limit}`;
}

async function explained<T>(
  explain: (error: unknown) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await explain(error);
  }
}
