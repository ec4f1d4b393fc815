/** What is known about a table before it is decided which upkeep is worth doing. */
import { systemClock } from '../../base/index.ts';
import {
  assertWritable,
  bytesOf,
  checkpointInterval,
  cleanLog,
  listLog,
  type Snapshot,
} from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { clusteringColumns } from '../alter/clustering.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import { targetFileSizeOf } from '../write/stage-table.ts';
import { columnNames, isUnclustered } from './cubes.ts';
import { candidatesOf, type RewriteUnit } from './file-candidates.ts';
import { lastCheckpoint, lastCompacted } from './log-upkeep.ts';
import { planOptimize } from './optimize.ts';
import { vacuum } from './vacuum.ts';

/** Some files, and what they take up. */
export interface FilesAndBytes {
  readonly files: number;
  readonly bytes: number;
}

/** A table in numbers. */
export interface MaintenanceFacts {
  readonly version: number;
  readonly live: FilesAndBytes;
  /** What OPTIMIZE would write again, and into how many files. */
  readonly rewrite: FilesAndBytes & { readonly becomes: number };
  /** For clustered tables: by what, and what isn't clustered yet. */
  readonly clustering:
    | { readonly columns: readonly string[]; readonly unclustered: FilesAndBytes }
    | undefined;
  /** Files with deleted rows that OPTIMIZE leaves alone; `bytes` is what those rows take up. */
  readonly deleted: FilesAndBytes;
  /** Commits that readers open one by one. */
  readonly commitsSinceCheckpoint: number;
  readonly checkpointInterval: number;
  /** Those of them that no compaction of the log stands for, either; the newest isn't counted. */
  readonly uncompactedCommits: number;
  /** What vacuum would delete, and what it keeps by. */
  readonly reclaimable: FilesAndBytes & { readonly retentionMs: number };
  /** What log clean-up would remove. */
  readonly expiredLog: FilesAndBytes;
}

/**
 * Looks at a table's files, its log and its properties. Nothing is written.
 *
 * Costs two passes over the live files, a listing of the folder, and a read for each commit within the retention.
 *
 * @throws delta.*, storage.*, tables.*
 */
export async function readFacts(
  handle: TableHandle,
  session: Session,
  options: OperationOptions,
): Promise<MaintenanceFacts> {
  const snapshot = await handle.refresh();
  assertWritable(handle.uri, snapshot.protocol, snapshot);
  const { units } = await planOptimize(handle.uri, session, snapshot, {}, options);
  const rewritten = new Set(units.flatMap(({ groups }) => groups.flat()).map(({ key }) => key));
  const clusterBy = clusteringColumns(snapshot) ?? [];
  const deleted = { files: 0, bytes: 0 };
  const unclustered = { files: 0, bytes: 0 };
  candidatesOf(snapshot, undefined, (file) => {
    if (file.deletedRatio > 0 && !rewritten.has(file.key)) add(deleted, file.sizeBytes - file.liveBytes);
    if (clusterBy.length > 0 && isUnclustered(file)) add(unclustered, file.sizeBytes);
    return false;
  });
  const nowMs = (options.clock ?? systemClock).nowMs();
  const vacuumed = await vacuum(handle, { dryRun: true }, options);
  const cleaned = await cleanLog(handle.storage, snapshot, nowMs, { rows: duckdbParquetRows, dryRun: true });
  const log = await listLog(handle.storage);
  return {
    version: snapshot.version,
    live: { files: snapshot.files.size, bytes: bytesOf(snapshot.files) },
    rewrite: rewriteOf(units, snapshot, clusterBy.length > 0),
    clustering: clusterBy.length === 0 ? undefined : { columns: columnNames(clusterBy), unclustered },
    deleted,
    commitsSinceCheckpoint: snapshot.version - lastCheckpoint(log, snapshot.version),
    uncompactedCommits: snapshot.version - 1 - lastCompacted(log, snapshot.version),
    checkpointInterval: checkpointInterval(snapshot.metadata),
    reclaimable: {
      files: vacuumed.files.length,
      bytes: vacuumed.sizeBytes,
      retentionMs: vacuumed.retentionMs,
    },
    expiredLog: { files: cleaned.paths.length, bytes: cleaned.sizeBytes },
  };
}

function add(sum: { files: number; bytes: number }, bytes: number): void {
  sum.files += 1;
  sum.bytes += bytes;
}

function rewriteOf(
  units: readonly RewriteUnit[],
  { metadata }: Snapshot,
  isClustered: boolean,
): MaintenanceFacts['rewrite'] {
  const groups = units.flatMap((unit) => unit.groups);
  const bytes = units.reduce((sum, unit) => sum + unit.sizeBytes, 0);
  const target = targetFileSizeOf(metadata);
  const becomes = isClustered
    ? units.reduce((sum, unit) => sum + Math.ceil(unit.sizeBytes / target), 0)
    : groups.length;
  return { files: groups.reduce((sum, group) => sum + group.length, 0), bytes, becomes };
}
