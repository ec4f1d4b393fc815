/** The past of a table cut off, so that no version is left that needs a feature it had. */
import { systemClock } from '../../base/index.ts';
import { parseIntervalMs, type Snapshot, writeCheckpoint } from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { OperationOptions } from '../transact.ts';

/** Says how old a version has to be before dropping a feature may remove it: older than any operation runs. */
const truncationProperty = 'delta.dropFeatureTruncateHistory.retentionDuration';

/** The time of `truncationProperty`: a day unless given. */
export function truncationRetention({ metadata }: Pick<Snapshot, 'metadata'>): {
  readonly text: string;
  readonly ms: number;
} {
  const text = metadata.configuration.get(truncationProperty) ?? 'interval 24 hours';
  return { text, ms: parseIntervalMs(text) ?? 86_400_000 };
}

/**
 * Removes the log before `snapshot` as far as it is old enough, from its beginning and without a gap; a checkpoint
 * of the snapshot takes its place. Data files stay: vacuum removes those that nothing names any more.
 *
 * Costs a listing, a checkpoint, and a request for each file removed.
 */
export async function truncateHistory(
  storage: Storage,
  snapshot: Snapshot,
  options: OperationOptions,
): Promise<void> {
  const nowMs = (options.clock ?? systemClock).nowMs();
  await writeCheckpoint(storage, snapshot, duckdbParquetRows, nowMs);
  const before = nowMs - truncationRetention(snapshot).ms;
  const files: { path: string; last: number; isOld: boolean; isCommit: boolean }[] = [];
  for await (const { path, modifiedMs } of storage.list('_delta_log/')) {
    const match = versionedFile.exec(path);
    if (match === null) continue;
    const last = Number(match[2] ?? match[1]);
    const isCommit = match[2] === undefined && path.endsWith('.json') && !path.includes('.checkpoint.');
    if (last < snapshot.version) files.push({ path, last, isOld: modifiedMs < before, isCommit });
  }
  let keptFrom = snapshot.version;
  for (const { last, isOld, isCommit } of files) {
    if (isCommit && !isOld) keptFrom = Math.min(keptFrom, last);
  }
  // Oldest first: whoever reads meanwhile finds a log that begins later, never one with a gap.
  const expired = files.filter(({ last, isOld }) => isOld && last < keptFrom).sort((a, b) => a.last - b.last);
  for (const { path } of expired) {
    options.signal?.throwIfAborted();
    await storage.remove(path);
  }
}

/** Commits, checkpoints of every kind, compactions and checksums. */
const versionedFile =
  /^_delta_log\/(\d{20})(?:\.(\d{20})\.compacted)?(?:\.checkpoint[^/]*)?\.(?:json|parquet|crc)$/;
