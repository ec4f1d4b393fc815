/** How rows become a table: the words of delta-rs' Python writer. */
import type { Clock, Json, Random } from '../../base/index.ts';
import type { ColumnPath } from '../alter/table-spec.ts';

/** What to do when the table exists. */
export type WriteMode = 'append' | 'overwrite' | 'error' | 'ignore';

/** How the rows' columns may change the table's. */
export type SchemaMode = 'merge' | 'overwrite';

/** What a write takes beside its rows. */
export interface WriteOptions {
  /** `error` unless given: an existing table is left alone. */
  readonly mode?: WriteMode;
  /** Without it the rows must have the table's columns. `overwrite` needs mode `overwrite`. */
  readonly schemaMode?: SchemaMode;
  /** For a new table; must be the table's own, if given, for an existing one. */
  readonly partitionBy?: readonly string[];
  /** The columns that the table is clustered by from this write on; as it is unless given. */
  readonly clusterBy?: readonly ColumnPath[];
  /** `AWS_*` names verbatim. */
  readonly storageOptions?: Readonly<Record<string, string>>;
  /** Table properties (`delta.…`) of a new table. One that Delta doesn't have is refused. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** Of a new table. */
  readonly name?: string;
  /** Of a new table. */
  readonly description?: string;
  /**
   * The version of this very table that the rows were computed from, when they were: an overwrite then
   * loses to every commit made after it, an append to those that changed or removed rows. Without it an
   * append rests on nothing, and an overwrite on the latest version when it begins.
   */
  readonly readVersion?: number;
  /** A file is closed when it has grown to about this; else the table's `delta.targetFileSize`, else 100 MiB. */
  readonly targetFileSizeBytes?: number;
  /** snappy, zstd, gzip, lz4, brotli or none; else the table's `delta.parquet.compression.codec`, else snappy. */
  readonly compression?: string;
  /**
   * With mode `overwrite`: a condition over the table's columns. Only rows that match it are replaced, and
   * every row written has to match it.
   */
  readonly replaceWhere?: string;
  /** With mode `overwrite`: `dynamic` replaces only the partitions that the rows are in. */
  readonly partitionOverwrite?: 'static' | 'dynamic';
  /** Lands the write once: it is skipped when the application has come to this version before. */
  readonly transaction?: { readonly appId: string; readonly version: number };
  /** Added to the commit's own record, as `userMetadata` and the like. */
  readonly commitMetadata?: Readonly<Record<string, Json>>;
  /** Named in the commit; `WRITE`, or what creating the table is called, unless given. */
  readonly operation?: string;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What a write did. */
export interface WriteResult {
  /** The table's version that holds the rows; the version found when `kind` is `ignored`. */
  readonly version: number;
  readonly kind: 'created' | 'written' | 'ignored';
  /** The write's `transaction` had been committed before, so nothing was written. */
  readonly skipped?: true;
  readonly rows: number;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
  readonly uri: string;
}
