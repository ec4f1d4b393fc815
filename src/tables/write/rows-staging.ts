/**
 * JavaScript rows into a staging table, a batch at a time.
 *
 * The table's columns and types grow as the rows show them. At most `rowsBufferedMax` rows are held in
 * JavaScript, however many there are; the staging table is DuckDB's, which spills to disk.
 */
import {
  type Column,
  printSqlType,
  quoteIdentifier,
  type Session,
  type SqlType,
  type SqlValue,
  scalarType,
} from '../../duckdb/index.ts';
import { tablesErrors } from '../errors.ts';
import { inferType, isUnknown, mergeTypes, type Row, settleType, toSqlValue, unknownType } from './infer.ts';

/** Rows held in JavaScript at once, at most. */
export const rowsBufferedMax = 8192;

/** What staging made. */
export interface StagedRows {
  /** A SELECT of the rows; undefined when no row had a column. */
  readonly query: string | undefined;
  readonly columns: readonly Column[];
  /** Columns that had no value in any row. */
  readonly unknown: ReadonlySet<string>;
  readonly rows: number;
}

/**
 * Appends `rows` to the table `name`, which is created in `session` as the rows need it.
 *
 * @throws tables.mixed-types at the first row whose value no type fits; tables.bad-row, tables.duplicate-column.
 */
export async function stageRows(
  session: Session,
  name: string,
  rows: Iterable<Row> | AsyncIterable<Row>,
): Promise<StagedRows> {
  const stage = new Stage(session, name);
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length === rowsBufferedMax) {
      await stage.append(batch);
      batch = [];
    }
  }
  await stage.append(batch);
  return { query: stage.query(), columns: stage.columns(), unknown: stage.unknown(), rows: stage.rows };
}

class Stage {
  readonly #session: Session;
  readonly #name: string;
  /** What is known of each column; those still unknown aren't in the table yet. */
  readonly #types = new Map<string, SqlType>();
  /** Columns by their names in lower case. */
  readonly #spellings = new Map<string, string>();
  /** The types as the table has them. */
  readonly #made = new Map<string, SqlType>();
  rows = 0;

  constructor(session: Session, name: string) {
    this.#session = session;
    this.#name = name;
  }

  async append(batch: readonly Row[]): Promise<void> {
    if (batch.length === 0) return;
    batch.forEach((row, index) => {
      assertRow(row, this.rows + index + 1);
      for (const column of Object.keys(row)) {
        const place = { column, row: this.rows + index + 1 };
        this.#spell(column);
        const known = this.#types.get(column) ?? unknownType;
        this.#types.set(column, mergeTypes(known, inferType(row[column], place), place));
      }
    });
    await this.#grow();
    const columns = [...this.#made];
    if (columns.length > 0) {
      await this.#session.appendRows(
        [this.#name],
        columns.map(([, type]) => type),
        this.#values(batch, columns),
      );
    }
    this.rows += batch.length;
  }

  /** The rows with all columns in order of appearance; those that never had a value as empty text. */
  query(): string | undefined {
    if (this.#types.size === 0) return undefined;
    const columns = Array.from(this.#types.keys(), (column) =>
      this.#made.has(column)
        ? quoteIdentifier(column)
        : `CAST(NULL AS VARCHAR) AS ${quoteIdentifier(column)}`,
    );
    const source = this.#made.size > 0 ? quoteIdentifier(this.#name) : `range(${this.rows})`;
    return `SELECT ${columns.join(', ')} FROM ${source}`;
  }

  /** The columns of `query`, as the engine would describe them. */
  columns(): readonly Column[] {
    return Array.from(this.#types.keys(), (name) => {
      const sqlType = this.#made.get(name) ?? scalarType('VARCHAR');
      return { name, type: printSqlType(sqlType), sqlType };
    });
  }

  /** The columns that have no type yet. */
  unknown(): ReadonlySet<string> {
    return new Set([...this.#types.keys()].filter((column) => !this.#made.has(column)));
  }

  *#values(
    batch: readonly Row[],
    columns: readonly (readonly [string, SqlType])[],
  ): Generator<readonly (SqlValue | Date)[], void, undefined> {
    for (const [index, row] of batch.entries()) {
      yield columns.map(([column, type]) =>
        toSqlValue(row[column], type, { column, row: this.rows + index + 1 }),
      );
    }
  }

  /** SQL's names don't tell letter case apart. @throws tables.duplicate-column */
  #spell(column: string): void {
    if (this.#types.has(column)) return;
    const spelled = this.#spellings.get(column.toLowerCase());
    if (spelled !== undefined) throw tablesErrors['duplicate-column']({ column });
    this.#spellings.set(column.toLowerCase(), column);
  }

  /** Brings the table up to what is known now. */
  async #grow(): Promise<void> {
    const table = quoteIdentifier(this.#name);
    if (this.#made.size === 0) await this.#begin();
    for (const [column, type] of this.#types) {
      if (isUnknown(type)) continue;
      const settled = settleType(type);
      const made = this.#made.get(column);
      const name = quoteIdentifier(column);
      const sql = printSqlType(settled);
      if (made !== undefined && printSqlType(made) === sql) continue;
      if (made !== undefined) await this.#widen(column, made, sql);
      else await this.#session.run(`ALTER TABLE ${table} ADD COLUMN ${name} ${sql}`);
      this.#made.set(column, settled);
    }
  }

  /** A type grows to hold what came before, but a DOUBLE doesn't hold every BIGINT: digits aren't dropped. */
  async #widen(column: string, made: SqlType, sql: string): Promise<void> {
    const [table, name] = [quoteIdentifier(this.#name), quoteIdentifier(column)];
    const before = printSqlType(made);
    if (/INT\b/.test(before) && /DOUBLE/.test(sql)) {
      const changed = `CAST(CAST(${name} AS ${sql}) AS ${before}) IS DISTINCT FROM ${name}`;
      const lost = await this.#session.value(`SELECT rowid + 1 FROM ${table} WHERE ${changed} LIMIT 1`);
      if (lost !== undefined) {
        const [expected, found] = ['DOUBLE', `${before}, some of which a DOUBLE can't hold exactly`];
        throw tablesErrors['mixed-types']({ column, row: Number(lost), expected, found });
      }
    }
    await this.#session.run(`ALTER TABLE ${table} ALTER ${name} TYPE ${sql}`);
  }

  /** The table with what is known by now. Rows that came before any column was are there as rows of nulls. */
  async #begin(): Promise<void> {
    const table = quoteIdentifier(this.#name);
    for (const [column, type] of this.#types) {
      if (!isUnknown(type)) this.#made.set(column, settleType(type));
    }
    if (this.#made.size === 0) return;
    const columns = Array.from(
      this.#made,
      ([name, type]) => `${quoteIdentifier(name)} ${printSqlType(type)}`,
    );
    await this.#session.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
    if (this.rows === 0) return;
    const nulls = columns.map(() => 'NULL').join(', ');
    await this.#session.run(`INSERT INTO ${table} SELECT ${nulls} FROM range(${this.rows})`);
  }
}

/** JavaScript callers may give anything; numbers and texts have keys too, or none. @throws tables.bad-row */
function assertRow(row: unknown, number: number): void {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return;
  const found = Array.isArray(row) ? 'an array' : row === null ? 'null' : `a ${typeof row}`;
  throw tablesErrors['bad-row']({ row: number, problem: `it is ${found}, not an object` });
}
