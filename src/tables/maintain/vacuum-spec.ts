/** What VACUUM is asked for, and what it says it did. */

/** How a table is vacuumed. */
export interface VacuumSpec {
  /** How long files stay that the table doesn't need any more; its `delta.deletedFileRetentionDuration`, else 168. */
  readonly retentionHours?: number;
  /** Whether less than the table's own retention is refused. True unless given. */
  readonly enforceRetention?: boolean;
  /** Only says what would be deleted. */
  readonly dryRun?: boolean;
  /**
   * `full` lists the folder, and finds what no commit names as well; `lite` reads only the commits made since
   * the last vacuum. `full` unless given.
   */
  readonly mode?: VacuumMode;
}

/** Where a vacuum looks. */
export type VacuumMode = 'full' | 'lite';

/** A file that goes. */
export interface VacuumedFile {
  /** Relative to the table. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** `removed`: a commit took it out of the table. `unreferenced`: no version that is known of names it. */
  readonly reason: 'removed' | 'unreferenced';
}

/** What VACUUM came to. */
export interface VacuumResult {
  /** The table's version afterwards. */
  readonly version: number;
  /** Whether anything was deleted. */
  readonly changed: boolean;
  readonly dryRun: boolean;
  readonly mode: VacuumMode;
  readonly retentionMs: number;
  /** The oldest version of which every file is kept. */
  readonly oldestKeptVersion: number;
  /** What was deleted, or would be. */
  readonly files: readonly VacuumedFile[];
  readonly sizeBytes: number;
  /** Folders that were left empty, and removed. */
  readonly foldersRemoved: number;
  /** Folders there were, the table's own included. */
  readonly foldersVisited: number;
  /** Files that only generations and branches of a lake still need: they stay. */
  readonly heldFiles: number;
}
