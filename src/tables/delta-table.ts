/** A Delta table as an object: what it is at a version, and its rows. */
import type * as Arrow from 'apache-arrow';
import {
  type HistoryEntry,
  history,
  type Metadata,
  type Protocol,
  readSnapshot,
  type Snapshot,
  type StructType,
} from '../delta/index.ts';
import { queryToArrow, type SqlValue } from '../duckdb/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import { explainReadError } from './read/damaged-file.ts';
import type { RelationColumn } from './read/relation.ts';
import { type DeltaRelation, relationOf } from './read/scan.ts';
import { scratchDatabase, withScratchSession } from './scratch.ts';

/** How a table is opened. */
export interface OpenTableOptions {
  /** The latest unless given. */
  readonly version?: number;
  /** `AWS_*` names verbatim. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

/** A live data file. */
export interface DeltaFile {
  /** Relative to the table's folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** The statistics' JSON text, where the log has them. */
  readonly stats: string | undefined;
}

/** A table at one version; stays what it was when others commit. Open it again to see more. */
export class DeltaTable {
  readonly #storage: Storage;
  readonly #snapshot: Snapshot;
  #relation: Promise<DeltaRelation> | undefined;

  private constructor(storage: Storage, snapshot: Snapshot) {
    this.#storage = storage;
    this.#snapshot = snapshot;
  }

  /**
   * Opens the table at `uri`: a path, or `file://…`.
   *
   * @throws delta.not-a-table, delta.no-such-version, delta.corrupt-log, storage.unsupported-scheme
   */
  static async open(uri: string, options: OpenTableOptions = {}): Promise<DeltaTable> {
    const storage = openStorage(uri, options.storageOptions);
    const { version } = options;
    const wanted = version === undefined ? {} : { version };
    return new DeltaTable(storage, await readSnapshot(storage, { rows: duckdbParquetRows, ...wanted }));
  }

  /** The version it was opened at. */
  get version(): number {
    return this.#snapshot.version;
  }

  /** The table's folder as a URI. */
  get uri(): string {
    return this.#storage.uri;
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
    return Array.from(this.#snapshot.files.values(), (file) => ({
      path: file.path,
      sizeBytes: file.sizeBytes,
      modifiedMs: file.modifiedMs,
      partitionValues: Object.fromEntries(file.partitionValues),
      stats: file.stats,
    }));
  }

  /** What was committed, newest first, as far back as the log reaches. */
  history(): Promise<readonly HistoryEntry[]> {
    return history(this.#storage);
  }

  /** The table as SQL. @throws delta.unsupported-feature, delta.bad-deletion-vector */
  relation(): Promise<DeltaRelation> {
    this.#relation ??= relationOf(this.#snapshot, this.#storage);
    return this.#relation;
  }

  /**
   * The rows as objects; the values are documented at `SqlValue`. Meant for small tables: it holds all
   * of them. @param options `limit` stops after so many rows, in no particular order.
   */
  async toRows(options: { readonly limit?: number } = {}): Promise<Record<string, SqlValue>[]> {
    const rows: Record<string, SqlValue>[] = [];
    for await (const row of this.rows(options)) rows.push(row);
    return rows;
  }

  /** The rows as objects, one at a time, with bounded memory. @throws tables.damaged-file, duckdb.io */
  async *rows(
    options: { readonly limit?: number } = {},
  ): AsyncGenerator<Record<string, SqlValue>, void, undefined> {
    const { sql, columns } = await this.relation();
    await using session = await (await scratchDatabase()).session();
    const limited = options.limit === undefined ? sql : `SELECT * FROM (${sql}) LIMIT ${options.limit}`;
    const rows = session.stream(limited)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.#explained(() => rows.next());
        if (done === true) return;
        yield Object.fromEntries(columns.map(({ name }, i) => [name, value[i] as SqlValue]));
      }
    } finally {
      await rows.return?.();
    }
  }

  /** The rows as an Arrow table, in memory. */
  async toArrow(): Promise<Arrow.Table> {
    const { sql } = await this.relation();
    return this.#explained(() => withScratchSession((session) => queryToArrow(session, sql)));
  }

  /** What fails on a data file names it. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await explainReadError(error, this.#snapshot, this.#storage);
    }
  }
}
