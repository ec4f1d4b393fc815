/** Where tables are judged: a folder for them, our own DuckDB to compare in, and the peers once they are needed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { Database, quoteLiteral, type Session } from '../../src/duckdb/index.ts';
import { readChanges } from '../../src/tables/feed/read-changes.ts';
import { openDeltaRelation, TableHandle } from '../../src/tables/index.ts';
import { Peer } from './peer.ts';
import { Spark } from './spark.ts';

/** Reads a table and gives SQL of its rows. */
export type Reader = (table: string) => Promise<string>;

/** Everything a judging test holds open; closing it ends the peers and removes the folder. */
export class Court implements AsyncDisposable {
  readonly folder: string;
  readonly session: Session;
  readonly #database: Database;
  #peer: Peer | undefined;
  #spark: Spark | undefined;
  #next = 0;

  private constructor(folder: string, database: Database, session: Session) {
    this.folder = folder;
    this.#database = database;
    this.session = session;
  }

  /** An empty folder and a database, with no peer started yet. */
  static async open(): Promise<Court> {
    const folder = mkdtempSync(path.join(tmpdir(), 'boathouse-court-'));
    const database = await Database.open({ settings: { TimeZone: 'UTC' } });
    return new Court(folder, database, await database.session());
  }

  get peer(): Peer {
    this.#peer ??= new Peer();
    return this.#peer;
  }

  get spark(): Spark {
    this.#spark ??= new Spark(path.join(this.folder, 'spark'));
    return this.#spark;
  }

  /** A path in the folder that nothing stands at. */
  fresh(ending = ''): string {
    this.#next += 1;
    return path.join(this.folder, `${this.#next}${ending}`);
  }

  /** The rows of `sql` in a Parquet file. */
  async parquet(sql: string): Promise<string> {
    const file = this.fresh('.parquet');
    await this.session.run(`COPY (${sql}) TO ${quoteLiteral(file)} (FORMAT parquet)`);
    return file;
  }

  readonly bySpark: Reader = async (table) =>
    rowsOf(await this.spark.export(`SELECT * FROM delta.\`${table}\``, this.fresh()));

  /** The change data feed from `fromVersion` on, as we read it and as Spark does. */
  async expectSameChanges(table: string, fromVersion: number): Promise<void> {
    const { sql } = await readChanges(await TableHandle.open(table), { fromVersion });
    await this.expectSame(
      await this.#kept(sql),
      await this.sparkQuery(`SELECT * FROM table_changes_by_path('${table}', ${fromVersion})`),
    );
  }

  async #kept(sql: string): Promise<string> {
    return rowsOf(await this.parquet(sql));
  }

  /** The rows of a query to Spark. */
  async sparkQuery(sql: string): Promise<string> {
    return rowsOf(await this.spark.export(sql, this.fresh()));
  }

  readonly byDeltaRs: Reader = async (table) =>
    this.#into((out) => this.peer.ask('read', table, 'latest', out));
  readonly byDeltaRsArrow: Reader = async (table) => this.#into((out) => this.peer.ask('arrow', table, out));
  readonly byDuckdb: Reader = async (table) => this.#into((out) => this.peer.ask('duckdb', table, out));
  readonly byUs: Reader = async (table) => (await openDeltaRelation(table)).sql;

  async #into(write: (out: string) => Promise<unknown>): Promise<string> {
    const out = this.fresh('.parquet');
    await write(out);
    return rowsOf(out);
  }

  /**
   * Equal columns, in order and type, and equal rows, each as often.
   *
   * @param options `types: false` compares names alone, where a peer reads a type as another of equal values;
   * `reader` is named in the failure.
   */
  async expectSame(
    actual: string,
    wanted: string,
    options: { readonly types?: boolean; readonly reader?: string } = {},
  ): Promise<void> {
    const columns = await this.#columns(wanted);
    const shown = ({ name, type }: { name: string; type: string }): string =>
      options.types === false ? name : `${name} ${type}`;
    expect((await this.#columns(actual)).map(shown)).toEqual(columns.map(shown));
    const list = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(', ');
    const rows = async (a: string, b: string): Promise<readonly unknown[]> =>
      (await this.session.query(`SELECT ${list} FROM (${a}) EXCEPT ALL SELECT ${list} FROM (${b}) LIMIT 5`))
        .rows;
    expect(
      { missing: await rows(wanted, actual), extra: await rows(actual, wanted) },
      options.reader,
    ).toEqual({
      missing: [],
      extra: [],
    });
  }

  async #columns(sql: string): Promise<{ name: string; type: string }[]> {
    return (await this.session.describe(sql)).map(({ name, type }) => ({ name, type: String(type) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.[Symbol.asyncDispose]();
    await this.#spark?.[Symbol.asyncDispose]();
    await this.#database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The rows of a Parquet file or glob. */
export function rowsOf(file: string): string {
  return `SELECT * FROM read_parquet(${quoteLiteral(file)}, hive_partitioning = false)`;
}
