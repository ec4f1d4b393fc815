/** A table at one version: what it is, and its rows. */
import type * as Arrow from 'apache-arrow';
import type { Metadata, Protocol, Snapshot, StructType } from '../delta/index.ts';
import type { SqlValue } from '../duckdb/index.ts';
import type { Storage } from '../storage/index.ts';
import { explainReadError } from './read/damaged-file.ts';
import type { RelationColumn } from './read/relation.ts';
import { type DeltaRelation, relationOf } from './read/scan.ts';
import { relationRows, relationToArrow } from './relation-rows.ts';

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

/** A table at one version. It stays what it is, whatever is committed since. */
export class TableSnapshot {
  readonly #storage: Storage;
  readonly #snapshot: Snapshot;
  #relation: Promise<DeltaRelation> | undefined;

  /** @param storage rooted at the table's folder. */
  constructor(storage: Storage, snapshot: Snapshot) {
    this.#storage = storage;
    this.#snapshot = snapshot;
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
    return Array.from(this.#snapshot.files.values(), (file) => ({
      path: file.path,
      sizeBytes: file.sizeBytes,
      modifiedMs: file.modifiedMs,
      partitionValues: Object.fromEntries(file.partitionValues),
      stats: file.stats,
    }));
  }

  /** The rows as SQL, over exactly the version's files. @throws delta.unsupported-feature, delta.bad-deletion-vector */
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
    yield* relationRows(await this.relation(), options, (error) => this.#explain(error));
  }

  /** The rows as an Arrow table, in memory. @throws tables.damaged-file, duckdb.io */
  async toArrow(): Promise<Arrow.Table> {
    return await relationToArrow(await this.relation(), (error) => this.#explain(error));
  }

  /** What fails on a data file names it. */
  #explain(error: unknown): Promise<unknown> {
    return explainReadError(error, this.#snapshot, this.#storage);
  }
}
