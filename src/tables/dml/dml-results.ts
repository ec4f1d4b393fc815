/** What DELETE, UPDATE and MERGE did, in the words of Delta's own metrics. */

interface DmlResult {
  /** The table's version that holds the outcome; the version found when nothing changed. */
  readonly version: number;
  /** False when there was nothing to change: then no file was written and nothing was committed. */
  readonly changed: boolean;
  /** True when the table had this application's transaction already. */
  readonly skipped: boolean;
}

interface FileMetrics {
  readonly numAddedFiles: number;
  readonly numAddedBytes: number;
  readonly numRemovedFiles: number;
  readonly numRemovedBytes: number;
  readonly numAddedChangeFiles: number;
  readonly numDeletionVectorsAdded: number;
  readonly numDeletionVectorsUpdated: number;
  readonly numDeletionVectorsRemoved: number;
  /** Rows that were rewritten only because they share a file with rows that changed. */
  readonly numCopiedRows: number;
  readonly executionTimeMs: number;
  /** Finding the rows. */
  readonly scanTimeMs: number;
  /** Writing the files. */
  readonly rewriteTimeMs: number;
}

/** Of a DELETE. */
export interface DeleteMetrics extends FileMetrics {
  /** Undefined where whole files went without being read, and the log doesn't say how many rows they had. */
  readonly numDeletedRows: number | undefined;
}

/** Of an UPDATE. */
export interface UpdateMetrics extends FileMetrics {
  /** Rows that are different now; those whose new values equal the old ones are left alone. */
  readonly numUpdatedRows: number;
}

/** Of a MERGE. Rows whose new values equal the old ones are left alone, and aren't counted as updated. */
export interface MergeMetrics {
  readonly numSourceRows: number;
  readonly numTargetRowsInserted: number;
  readonly numTargetRowsUpdated: number;
  readonly numTargetRowsMatchedUpdated: number;
  readonly numTargetRowsNotMatchedBySourceUpdated: number;
  readonly numTargetRowsDeleted: number;
  readonly numTargetRowsMatchedDeleted: number;
  readonly numTargetRowsNotMatchedBySourceDeleted: number;
  readonly numTargetRowsCopied: number;
  /** Rows in the files that were written. */
  readonly numOutputRows: number;
  readonly numTargetFilesAdded: number;
  readonly numTargetFilesRemoved: number;
  readonly numTargetBytesAdded: number;
  readonly numTargetBytesRemoved: number;
  readonly numTargetChangeFilesAdded: number;
  readonly numTargetDeletionVectorsAdded: number;
  readonly numTargetDeletionVectorsUpdated: number;
  readonly numTargetDeletionVectorsRemoved: number;
  readonly executionTimeMs: number;
  readonly materializeSourceTimeMs: number;
  readonly scanTimeMs: number;
  readonly rewriteTimeMs: number;
}

/** What a DELETE did. */
export interface DeleteResult extends DmlResult {
  readonly metrics: DeleteMetrics;
}

/** What an UPDATE did. */
export interface UpdateResult extends DmlResult {
  readonly metrics: UpdateMetrics;
}

/** What a MERGE did. */
export interface MergeResult extends DmlResult {
  readonly metrics: MergeMetrics;
}
