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

/**
 * A part of a checkpoint's content: one row, or many rows of files, packed. Files may come either way; rows that
 * hold none always come as they are.
 */
export type CheckpointPiece =
  | { readonly kind: 'row'; readonly row: CheckpointRow }
  | {
      readonly kind: 'adds' | 'removes';
      /** Laid out as `packed-row.ts` says. */
      readonly bytes: Uint8Array;
    };

/** Rows of Parquet files, for checkpoints. */
export interface ParquetRows {
  /**
   * Every row of the Parquet file at `path`. Columns the file lacks are simply absent.
   *
   * @param columns read and given; all of a checkpoint's unless given.
   * @throws storage.not-found; anything else when the file isn't Parquet or is torn.
   */
  read(storage: Storage, path: string, columns?: readonly string[]): AsyncIterable<CheckpointRow>;

  /**
   * The content of the checkpoint, or of the part of one, at `path`, in no particular order. Says what `read`
   * says; made for millions of files. Statistics that only stand in typed columns come as JSON.
   *
   * @throws storage.not-found; anything else when the file isn't Parquet or is torn.
   */
  readPieces(storage: Storage, path: string): AsyncIterable<CheckpointPiece>;

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
