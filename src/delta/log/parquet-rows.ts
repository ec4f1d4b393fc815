/** The port through which checkpoints are read and written; `tables` implements it with DuckDB. */
import type { Json } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { StructType } from '../schema.ts';

/**
 * One row of a checkpoint: the JSON that the log would hold for the action, so one member is set
 * (`{"add": {...}}`). Other members may be missing or null, also inside; a map column is an object, or
 * an array of `{key, value}`. Whole numbers beyond 2^53 are bigints.
 */
export type CheckpointRow = Readonly<Record<string, Json>>;

/** Rows of Parquet files, for checkpoints. */
export interface ParquetRows {
  /**
   * Every row of the Parquet file at `path`. Columns the file lacks are simply absent.
   *
   * @throws storage.not-found; anything else when the file isn't Parquet or is torn.
   */
  read(storage: Storage, path: string): AsyncIterable<CheckpointRow>;

  /**
   * Writes a Parquet file with exactly the columns of `schema`, maps as Parquet MAP; a member that a row
   * lacks is null. Readers of `path` see nothing, or all of it; replaces what is there.
   */
  write(
    storage: Storage,
    path: string,
    schema: StructType,
    rows: Iterable<CheckpointRow>,
  ): Promise<{ readonly sizeBytes: number }>;
}
