/** What OPTIMIZE and REORG are asked for, and what they say they did. */
import type { ColumnPath } from '../alter/table-spec.ts';

/** How a table's files are written again. */
export interface OptimizeSpec {
  /** SQL over the table's columns: files that can't hold a row for which it is true are left alone. */
  readonly where?: string;
  /** The size that files are to have; the table's `delta.targetFileSize`, else 100 MiB. */
  readonly targetSizeBytes?: number;
  /** Files from this size on are left alone when files are put together; three quarters of the target. */
  readonly minFileSizeBytes?: number;
  /** Orders the rows by these columns together. Every file is written again. Not for clustered tables. */
  readonly zOrderBy?: readonly ColumnPath[];
  /** For clustered tables: also files that were clustered by other columns. */
  readonly full?: boolean;
  /** A file with a larger share of deleted rows is written again however large it is. 0.05 unless given. */
  readonly maxDeletedRatio?: number;
  /** For clustered tables: rows that were clustered together and take up this much are left alone; 64 times the target. */
  readonly minCubeSizeBytes?: number;
  /** Files of about this size together are one commit: what is committed stays, however the rest ends. 2 GiB unless given. */
  readonly batchSizeBytes?: number;
  /** Written into the log: nobody asked for it, it follows from the table's properties. */
  readonly auto?: boolean;
}

/** Sizes of some files. */
export interface FileSizes {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly totalFiles: number;
  readonly totalSize: number;
}

/** What was done, in the words of Delta's own metrics. */
export interface OptimizeMetrics {
  readonly numFilesAdded: number;
  readonly numFilesRemoved: number;
  readonly filesAdded: FileSizes;
  readonly filesRemoved: FileSizes;
  readonly partitionsOptimized: number;
  /** Commits made. */
  readonly numBatches: number;
  readonly totalConsideredFiles: number;
  readonly totalFilesSkipped: number;
  readonly numDeletionVectorsRemoved: number;
}

/** What OPTIMIZE or REORG came to. */
export interface OptimizeResult {
  /** The table's version afterwards. */
  readonly version: number;
  /** Whether anything was committed. */
  readonly changed: boolean;
  /** Whether an earlier run of the same transaction had done it. */
  readonly skipped: boolean;
  readonly metrics: OptimizeMetrics;
}
