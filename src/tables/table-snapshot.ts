/** A table at one version: what it is, and its rows. */
import type * as Arrow from 'apache-arrow';
import type { AddFile, Metadata, Protocol, Snapshot, StructType } from '../delta/index.ts';
import { quoteIdentifier, type SqlValue } from '../duckdb/index.ts';
import type { Storage } from '../storage/index.ts';
import { typesOf } from './dml/checked-expressions.ts';
import { emptyRelation } from './dml/target-scan.ts';
import { tablesErrors } from './errors.ts';
import { assertGiven } from './given.ts';
import { readOptions } from './given-options.ts';
import { explainReadError } from './read/damaged-file.ts';
import { parsePredicate } from './read/predicate.ts';
import { type RelationColumn, relationColumns } from './read/relation.ts';
import { type DeltaRelation, relationOf } from './read/scan.ts';
import { relationRows, relationToArrow } from './relation-rows.ts';
import { withScratchSession } from './scratch.ts';

/** A live data file. */
export interface DeltaFile {
  /** Relative to the table's folder; a URI for a file elsewhere, as in shallow clones. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** The statistics' JSON text, where the log has them. */
  readonly stats: string | undefined;
}

/** Which rows and columns of a table are wanted. */
export interface RelationOptions {
  /**
   * Only rows for which this is true: SQL over the table's columns, as `delete` takes it. Files that can't hold
   * such a row, by the log's partition values and statistics, are never opened.
   */
  readonly where?: string;
  /** The names of the columns, in the order wanted; all of them unless given. */
  readonly columns?: readonly string[];
}

/** What is read of a table. */
export interface ReadOptions extends RelationOptions {
  /** Stops after so many rows, in no particular order. */
  readonly limit?: number;
}

/** A table's rows as SQL, and where they come from. */
export interface TableRelation extends DeltaRelation {
  /** The data files that the SQL reads: those that can hold a wanted row. */
  readonly files: readonly DeltaFile[];
}

/** A table at one version. It stays what it is, whatever is committed since. */
export class TableSnapshot {
  readonly #storage: Storage;
  readonly #snapshot: Snapshot;
  #relation: Promise<TableRelation> | undefined;

  /** @param storage rooted at the table's folder. */
  constructor(storage: Storage, snapshot: Snapshot) {
    this.#storage = storage;
    this.#snapshot = snapshot;
  }

  /** Whether it is this state: of a table that was made anew, a version of the same number is another one. */
  isOf({ version, metadata }: Snapshot): boolean {
    return version === this.#snapshot.version && metadata.id === this.#snapshot.metadata.id;
  }

  /** Which version it is. */
  get version(): number {
    return this.#snapshot.version;
  }

  /** When the version was committed. */
  get timestamp(): Date {
    return new Date(this.#snapshot.timestampMs);
  }

  /** Delta's own schema. */
  get schema(): StructType {
    return this.#snapshot.schema;
  }

  /** Name, description, partition columns, properties. */
  get metadata(): Metadata {
    return this.#snapshot.metadata;
  }

  /** What a program must know to read or write it. */
  get protocol(): Protocol {
    return this.#snapshot.protocol;
  }

  /** The columns with DuckDB's types. @throws delta.unsupported-feature */
  async columns(): Promise<readonly RelationColumn[]> {
    return (await this.relation()).columns;
  }

  /** The live files, oldest first. */
  files(): readonly DeltaFile[] {
    return Array.from(this.#snapshot.files.values(), deltaFile);
  }

  /**
   * The rows as SQL, over exactly the version's files, or those of them that can hold a row of `where`.
   *
   * A condition with times that depend on the session's time zone leaves out no file, as the SQL may run anywhere.
   *
   * @throws delta.unsupported-feature, delta.bad-deletion-vector, tables.not-an-expression, tables.bad-option for
   * a column that isn't there
   */
  async relation(options: RelationOptions = {}): Promise<TableRelation> {
    assertGiven(options, 'relation', readOptions);
    if (options.where !== undefined || options.columns !== undefined) return this.#selected(options, false);
    this.#relation ??= this.#whole();
    return this.#relation;
  }

  /**
   * The rows as objects; the values are documented at `SqlValue`. Meant for few rows: it holds all of them.
   *
   * @throws as `rows`
   */
  async toRows(options: ReadOptions = {}): Promise<Record<string, SqlValue>[]> {
    const rows: Record<string, SqlValue>[] = [];
    for await (const row of this.rows(options)) rows.push(row);
    return rows;
  }

  /**
   * The rows as objects, one at a time, with bounded memory.
   *
   * @throws tables.not-an-expression, tables.bad-option, tables.damaged-file, duckdb.*
   */
  async *rows(options: ReadOptions = {}): AsyncGenerator<Record<string, SqlValue>, void, undefined> {
    assertGiven(options, 'rows', readOptions);
    yield* relationRows(await this.#wanted(options), options, (error) => this.#explain(error));
  }

  /** The rows as an Arrow table, in memory. @throws as `rows` */
  async toArrow(options: ReadOptions = {}): Promise<Arrow.Table> {
    assertGiven(options, 'toArrow', readOptions);
    return await relationToArrow(await this.#wanted(options), options, (error) => this.#explain(error));
  }

  /** What is read in the library's own engine, whose time zone is known. */
  #wanted(options: RelationOptions): Promise<TableRelation> {
    const { where, columns } = options;
    return where === undefined && columns === undefined ? this.relation() : this.#selected(options, true);
  }

  async #whole(): Promise<TableRelation> {
    const snapshot = this.#snapshot;
    const relation = await relationOf(snapshot, this.#storage);
    // A table may have very many files: the list is made for those who look at it.
    return withFiles(relation, () => this.files());
  }

  /** @param knowsZone whether the SQL will run in the library's own engine. */
  async #selected({ where, columns }: RelationOptions, knowsZone: boolean): Promise<TableRelation> {
    const chosen = this.#chosen(columns);
    const { schema } = this.#snapshot;
    const predicate =
      where === undefined
        ? undefined
        : await withScratchSession(async (session) => {
            const condition = { what: 'the condition', sql: where, as: 'condition' } as const;
            await typesOf(session, [condition], `(${emptyRelation(schema)}) AS ${alias}`);
            return await parsePredicate(session, where, schema, { alias, knowsZone });
          });
    const relation = await relationOf(this.#snapshot, this.#storage, predicate);
    const items = chosen.map(({ name }) => quoteIdentifier(name)).join(', ');
    // The condition may end in a comment.
    const filter = where === undefined ? '' : ` WHERE (${where}\n)`;
    const sql = `SELECT ${items} FROM (${relation.sql}) AS ${alias}${filter}`;
    return withFiles({ ...relation, sql, columns: chosen }, () => relation.files.map(deltaFile));
  }

  /** The columns called `names`; letter case doesn't count. */
  #chosen(names: readonly string[] | undefined): readonly RelationColumn[] {
    const all = relationColumns(this.#snapshot);
    if (names === undefined) return all;
    const chosen = names.map((name) => {
      const column = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (column !== undefined) return column;
      const expected = `columns of the table: ${all.map((one) => one.name).join(', ')}`;
      throw tablesErrors['bad-option']({ option: 'columns', value: name, expected });
    });
    if (chosen.length > 0 && new Set(chosen).size === chosen.length) return chosen;
    const expected = 'one column or more, each once';
    throw tablesErrors['bad-option']({ option: 'columns', value: names.join(', '), expected });
  }

  /** What fails on a data file names it. */
  #explain(error: unknown): Promise<unknown> {
    return explainReadError(error, this.#snapshot.files.values(), this.#storage);
  }
}

/** The table's name in conditions, as in those of DELETE and UPDATE. */
const alias = 'target';

function deltaFile(file: AddFile): DeltaFile {
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    modifiedMs: file.modifiedMs,
    partitionValues: Object.fromEntries(file.partitionValues),
    stats: file.stats,
  };
}

function withFiles(
  { sql, version, uri, columns }: DeltaRelation,
  list: () => readonly DeltaFile[],
): TableRelation {
  return {
    sql,
    version,
    uri,
    columns,
    get files() {
      return list();
    },
  };
}
